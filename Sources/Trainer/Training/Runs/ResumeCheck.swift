import Coding

/// Refuses to go on with a run whose result would not be that of an undisturbed one, where nothing is permitted to change.
package enum ResumeCheck {
    /// What to do where the learning rate differs.
    package static let learningRateHint =
        "Give the options of the first run, or --allow-learning-rate-change goes on with the new rate"

    /// Throws `TrainingError.changedOnResume` where any option differs, for the first one by name.
    package static func options<Options: Codable>(_ was: Options, _ now: Options) throws {
        if let (field, was, now) = try differences(was, now).first {
            throw TrainingError.changedOnResume(
                what: "the option \(field)", was: was, now: now,
                hint: "Give the options of the first run, or start another --out")
        }
    }

    /// Token ids as inputs hold them: in ascending order, or `none`.
    package static func text(ofTokens ids: [Int]) -> String {
        ids.isEmpty ? "none" : ids.sorted().map(String.init).joined(separator: ",")
    }

    /// A field of the inputs, as errors name it.
    package static func name(ofInput field: String) -> String {
        switch field {
        case "padding": "the padding token (pad_token_id)"
        case "ends": "the tokens that end a completion (eos_token_id)"
        case "promptTokens": "the tokens of the prompts (by fingerprint)"
        default: "the \(field) (by fingerprint)"
        }
    }

    /// Throws `TrainingError.changedOnResume` where any input differs, for the first one by name.
    package static func inputs<Inputs: Codable>(_ was: Inputs, _ now: Inputs) throws {
        if let (field, was, now) = try differences(was, now).first {
            throw TrainingError.changedOnResume(
                what: name(ofInput: field), was: was, now: now,
                hint: "The result would not be the one of an undisturbed run; start another --out")
        }
    }

    /// Throws `TrainingError.changedOnResume` where the kernel path differs and that is not allowed: results would differ in the
    /// last bits. Names of before OpenBLAS's version stood in them say nothing of it, and are those of any.
    package static func kernelPath(_ was: String, _ now: String, allowNumericsChange: Bool) throws {
        if was.contains("OpenBLAS"), now.hasPrefix(was + " ") { return }
        try numerics("the kernel path", was, now, allowNumericsChange)
    }

    /// Throws `TrainingError.changedOnResume` where the version of the program's arithmetic differs and that is not allowed:
    /// results would differ in the last bits.
    package static func numericsVersion(_ was: String, _ now: String, allowNumericsChange: Bool) throws {
        try numerics("the numerics version", was, now, allowNumericsChange)
    }

    private static func numerics(_ what: String, _ was: String, _ now: String, _ isAllowed: Bool) throws {
        guard was == now || isAllowed else {
            throw TrainingError.changedOnResume(
                what: what, was: was, now: now,
                hint: "Results would differ in the last bits; --allow-numerics-change accepts that")
        }
    }

    /// Compares field by field through their JSON form, so that a new field cannot be forgotten.
    package static func differences<Value: Codable>(
        _ was: Value, _ now: Value
    ) throws -> [(field: String, was: String, now: String)] {
        let (before, after) = (try flat(was), try flat(now))
        return Set(before.keys).union(after.keys).sorted().filter { before[$0] != after[$0] }.map {
            ($0, before[$0] ?? "none", after[$0] ?? "none")
        }
    }

    private static func flat(_ value: some Codable) throws -> [String: String] {
        try CodedLeaf.all(of: value).reduce(into: [:]) { $0[$1.path] = $1.text }
    }
}
