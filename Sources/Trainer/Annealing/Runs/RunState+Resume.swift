import Coding
import Foundation

/// Changes that are accepted when a run is resumed. With one the result is no longer that of an undisturbed run, and the run says so.
package struct ResumePermissions: Sendable, Equatable {
    /// Another CPU kernel path, or another version of the program's arithmetic: the last bits differ.
    package var numericsChange = false
    /// Another teacher model. The scores fingerprint of the first one's answers is forgotten.
    package var teacherChange = false
    /// Another corpus, or another held-out corpus: the run goes on at the same epoch and window of the new corpus's order.
    package var corpusChange = false

    package init() {}
}

extension RunState {
    /// The state with which a run that would begin as `now` continues this one, each accepted change noted in it.
    ///
    /// - Throws: `AnnealingError.changedOnResume` for any option that differs, and for an input, kernel path or numerics version
    ///   that differs and may not.
    package func resumed(by now: RunState, permitting permissions: ResumePermissions) throws -> RunState {
        if let (field, was, now) = try Self.differences(options, now.options).first {
            throw AnnealingError.changedOnResume(
                what: "the option \(field)", was: was, now: now,
                hint: field == "totalSteps"
                    ? "--steps \(was) keeps them (with --epochs they are counted anew)"
                    : "Give the options of the first run, or start another --out")
        }
        var resumed = self
        for (field, was, now) in try Self.differences(inputs, now.inputs) {
            let (isPermitted, hint) = permissions.of(field)
            guard isPermitted else {
                throw AnnealingError.changedOnResume(
                    what: "the \(field) (by fingerprint)", was: was, now: now, hint: hint)
            }
            resumed.changes.append(InputChange(step: step, what: field, was: was, now: now))
        }
        if inputs.teacher != now.inputs.teacher { resumed.scoresFingerprint = nil }
        resumed.inputs = now.inputs
        if kernelPath != now.kernelPath {
            try ResumeCheck.kernelPath(
                kernelPath, now.kernelPath, allowNumericsChange: permissions.numericsChange)
            resumed.changes.append(
                InputChange(step: step, what: "kernelPath", was: kernelPath, now: now.kernelPath))
            resumed.kernelPath = now.kernelPath
        }
        let (version, own) = (String(numericsVersion ?? 1), String(now.numericsVersion ?? 1))
        try ResumeCheck.numericsVersion(version, own, allowNumericsChange: permissions.numericsChange)
        if version != own {
            resumed.changes.append(InputChange(step: step, what: "numericsVersion", was: version, now: own))
            resumed.numericsVersion = now.numericsVersion
        }
        return resumed
    }

    /// Compares field by field through their JSON form, so that a new field cannot be forgotten.
    static func differences<Value: Codable>(
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

extension ResumePermissions {
    /// For a field of `RunInputs`.
    fileprivate func of(_ field: String) -> (isPermitted: Bool, hint: String) {
        switch field {
        case "teacher": (teacherChange, "--allow-teacher-change goes on with the new one")
        case "corpus", "evaluationCorpus": (corpusChange, "--allow-corpus-change goes on with the new one")
        default: (false, "The result would not be the one of an undisturbed run; start another --out")
        }
    }
}

/// Refuses to go on with a run whose result would not be that of an undisturbed one, where nothing is permitted to change.
package enum ResumeCheck {
    /// Throws `AnnealingError.changedOnResume` where any option differs, for the first one by name.
    package static func options<Options: Codable>(_ was: Options, _ now: Options) throws {
        if let (field, was, now) = try RunState.differences(was, now).first {
            throw AnnealingError.changedOnResume(
                what: "the option \(field)", was: was, now: now,
                hint: "Give the options of the first run, or start another --out")
        }
    }

    /// Throws `AnnealingError.changedOnResume` where the fingerprint of any input differs, for the first one by name.
    package static func inputs<Inputs: Codable>(_ was: Inputs, _ now: Inputs) throws {
        if let (field, was, now) = try RunState.differences(was, now).first {
            throw AnnealingError.changedOnResume(
                what: "the \(field) (by fingerprint)", was: was, now: now,
                hint: "The result would not be the one of an undisturbed run; start another --out")
        }
    }

    /// Throws `AnnealingError.changedOnResume` where the kernel path differs and that is not allowed: results would differ in the
    /// last bits.
    package static func kernelPath(_ was: String, _ now: String, allowNumericsChange: Bool) throws {
        try numerics("the kernel path", was, now, allowNumericsChange)
    }

    /// Throws `AnnealingError.changedOnResume` where the version of the program's arithmetic differs and that is not allowed:
    /// results would differ in the last bits.
    package static func numericsVersion(_ was: String, _ now: String, allowNumericsChange: Bool) throws {
        try numerics("the numerics version", was, now, allowNumericsChange)
    }

    private static func numerics(_ what: String, _ was: String, _ now: String, _ isAllowed: Bool) throws {
        guard was == now || isAllowed else {
            throw AnnealingError.changedOnResume(
                what: what, was: was, now: now,
                hint: "Results would differ in the last bits; --allow-numerics-change accepts that")
        }
    }
}
