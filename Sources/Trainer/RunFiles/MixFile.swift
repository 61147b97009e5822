import Foundation
import Training
import Yams

/// The file of `--mix`:
///
///     sources:
///       web:  {paths: [web/*.jsonl.gz], weight: 0.7}
///       math: {paths: math.npy, weight: 0.3, repeat: 2}
///
/// Paths are relative to the working directory, as those of `--corpus` are.
package struct MixFile: Sendable, Equatable {
    /// The sources, ordered by name.
    package let sources: [MixSource]

    /// Reads the YAML file at `path`.
    ///
    /// - Throws: `RunFileError` where it cannot be read, or is no mix of two sources or more.
    package init(_ path: String) throws {
        let text: String
        do {
            text = try RunFileError.text(path)
        } catch {
            throw RunFileError("--mix \(path) cannot be read: \(error.localizedDescription)")
        }
        try self.init(yaml: text, path: path)
    }

    /// Reads a mix out of YAML text.
    ///
    /// - Parameter path: where the text comes from, for errors.
    /// - Throws: `RunFileError` for anything but two sources or more with known keys.
    package init(yaml: String, path: String) throws {
        func bad(_ reason: String) -> RunFileError { RunFileError("\(path): \(reason)") }
        let root: Any?
        do {
            root = try Yams.load(yaml: yaml)
        } catch {
            throw bad("\(error)")
        }
        guard let keys = root as? [String: Any], let sources = keys["sources"] as? [String: Any] else {
            throw bad("expected a mapping 'sources' of names to 'paths' and 'weight'")
        }
        if let unknown = keys.keys.sorted().first(where: { $0 != "sources" }) { throw bad("unknown key '\(unknown)'") }
        guard sources.count >= 2 else { throw bad("a mix has two sources or more; give one corpus as --corpus") }
        self.sources = try sources.sorted { $0.key < $1.key }.map { name, value in
            guard let fields = value as? [String: Any] else { throw bad("expected a mapping under '\(name)'") }
            return try MixSource(name: name, fields) { bad("source '\(name)': \($0)") }
        }
    }
}

extension MixSource {
    /// Largest weight, and most repeats.
    private static let most = 1e9

    fileprivate init(name: String, _ fields: [String: Any], bad: (String) -> RunFileError) throws {
        let known = ["paths", "weight", "repeat", "text-field"]
        if let unknown = fields.keys.sorted().first(where: { !known.contains($0) }) {
            throw bad("unknown key '\(unknown)'; known are \(known.joined(separator: ", "))")
        }
        let paths = (fields["paths"] as? String).map { [$0] } ?? fields["paths"] as? [String] ?? []
        guard !paths.isEmpty else { throw bad("expected 'paths', one or a list") }
        func positive(_ key: String, _ value: Any?) throws -> Double {
            let number = value as? Double ?? (value as? Int).map(Double.init)
            guard let number, number > 0, number <= Self.most else {
                throw bad(
                    "'\(key)' must be a number above 0, at most \(Int(Self.most))" + (value.map { ", not \($0)" } ?? "")
                )
            }
            return number
        }
        let textField = fields["text-field"] as? String
        guard textField != nil || fields["text-field"] == nil else { throw bad("'text-field' must be a text") }
        self.init(
            name: name, paths: paths, weight: try positive("weight", fields["weight"]),
            repeat: try fields["repeat"].map { try positive("repeat", $0) } ?? 1, textField: textField)
    }
}
