import ArgumentParser
import CommandLines
import Corpora
import Foundation
import System
import Yams

/// The file of `--mix`:
///
///     sources:
///       web:  {paths: [web/*.jsonl.gz], weight: 0.7}
///       math: {paths: math.npy, weight: 0.3, repeat: 2}
///
/// Paths are relative to the working directory, as those of `--corpus` are.
package struct MixFile: Sendable, Equatable {
    /// One corpus of the mix.
    package struct Source: Sendable, Equatable, Codable {
        /// The key in the file; messages call the source so.
        package var name: String
        /// Files or patterns of files, as `--corpus` takes them; at least one.
        package var paths: [String]
        /// The share of the mix relative to the other sources' weights; above 0, at most 1e9.
        package var weight: Double
        /// How often one epoch of the mix may go through the source; above 0, at most 1e9.
        package var `repeat`: Double
        /// The field of a record that holds its text; nil: what `--text-field` says.
        package var textField: String?

        package init(name: String, paths: [String], weight: Double, repeat: Double = 1, textField: String? = nil) {
            self.name = name
            self.paths = paths
            self.weight = weight
            self.repeat = `repeat`
            self.textField = textField
        }
    }

    /// The sources, ordered by name.
    package let sources: [Source]

    /// Reads the YAML file at `path`.
    ///
    /// - Throws: `ValidationError` where it cannot be read, or is no mix of two sources or more.
    package init(_ path: String) throws {
        let text: String
        do {
            text = try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8).withoutByteOrderMark
        } catch {
            throw ValidationError("--mix \(path) cannot be read: \(error.localizedDescription)")
        }
        try self.init(yaml: text, path: path)
    }

    /// Reads a mix out of YAML text.
    ///
    /// - Parameter path: where the text comes from, for errors.
    /// - Throws: `ValidationError` for anything but two sources or more with known keys.
    package init(yaml: String, path: String) throws {
        func bad(_ reason: String) -> ValidationError { ValidationError("\(path): \(reason)") }
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
            return try Source(name: name, fields) { bad("source '\(name)': \($0)") }
        }
    }
}

extension MixFile {
    /// The files of each source, in the order of `sources`.
    package func files() throws -> [CorpusFiles] { try sources.map { try CorpusFiles($0.paths) } }

    /// Remarks on files that several sources have in common: such a file comes once for each.
    package static func remarks(_ names: [String], _ files: [CorpusFiles]) -> [String] {
        files.indices.flatMap { second in
            files[..<second].indices.compactMap { first in
                let shared = files[first].shared(with: files[second])
                return shared.first.map {
                    "\(names[first]) and \(names[second]) both read \($0)"
                        + (shared.count > 1 ? " and \(shared.count - 1) more files" : "")
                        + ": it counts once in each source"
                }
            }
        }
    }
}

extension MixFile.Source {
    /// Of weights and repeats.
    private static let range = AboveZero(to: 1e9)

    fileprivate init(name: String, _ fields: [String: Any], bad: (String) -> ValidationError) throws {
        let known = ["paths", "weight", "repeat", "text-field"]
        if let unknown = fields.keys.sorted().first(where: { !known.contains($0) }) {
            throw bad("unknown key '\(unknown)'; known are \(known.joined(separator: ", "))")
        }
        let paths = (fields["paths"] as? String).map { [$0] } ?? fields["paths"] as? [String] ?? []
        guard !paths.isEmpty else { throw bad("expected 'paths', one or a list") }
        func positive(_ key: String, _ value: Any?) throws -> Double {
            let number = value as? Double ?? (value as? Int).map(Double.init)
            guard let number, Self.range.contains(number) else {
                throw bad("'\(key)' must be a number \(Self.range.written)" + (value.map { ", not \($0)" } ?? ""))
            }
            return number
        }
        self.name = name
        self.paths = paths
        weight = try positive("weight", fields["weight"])
        `repeat` = try fields["repeat"].map { try positive("repeat", $0) } ?? 1
        textField = fields["text-field"] as? String
        guard textField != nil || fields["text-field"] == nil else { throw bad("'text-field' must be a text") }
    }
}
