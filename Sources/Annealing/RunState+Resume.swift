import Foundation

extension RunState {
    /// Throws unless a run with these options and inputs, on this kernel path, continues the saved one exactly.
    package func checkResumable(by now: RunState, allowNumericsChange: Bool) throws {
        try Self.compare(options, now.options) {
            "the option \($0)"
        } hint: {
            "Give the options of the first run, or start another --out"
        }
        try Self.compare(inputs, now.inputs) {
            "the \($0) (by fingerprint)"
        } hint: {
            "The result would not be the one of an undisturbed run; start another --out"
        }
        guard kernelPath == now.kernelPath || allowNumericsChange else {
            throw AnnealingError.changedOnResume(
                what: "the kernel path", was: kernelPath, now: now.kernelPath,
                hint: "Results would differ in the last bits; --allow-numerics-change accepts that")
        }
    }

    /// Compares field by field through their JSON form, so that a new field cannot be forgotten.
    private static func compare<Value: Codable>(
        _ was: Value, _ now: Value, what: (String) -> String, hint: () -> String
    ) throws {
        let (before, after) = (try flat(was), try flat(now))
        for field in Set(before.keys).union(after.keys).sorted() where before[field] != after[field] {
            throw AnnealingError.changedOnResume(
                what: what(field), was: before[field] ?? "none", now: after[field] ?? "none", hint: hint())
        }
    }

    private static func flat(_ value: some Codable) throws -> [String: String] {
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(value))
        var flat: [String: String] = [:]
        func visit(_ path: String, _ value: Any) {
            guard let members = value as? [String: Any] else {
                flat[path] = "\(value)"
                return
            }
            for (name, member) in members { visit(path.isEmpty ? name : path + "." + name, member) }
        }
        visit("", object)
        return flat
    }
}
