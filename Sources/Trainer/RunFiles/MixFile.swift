import Foundation
import Training
import Yams

/// The file of `--mix`:
///
///     sources:
///       web:  {paths: [web/*.jsonl.gz], weight: 0.7}
///       math: {paths: math.npy, weight: 0.3, repeat: 2}
///
/// or, with phases that come one behind the other:
///
///     sources:
///       web:  {paths: [web/*.jsonl.gz]}
///       math: {paths: math.npy, repeat: 2}
///     phases:
///       - {tokens: 2e9, weights: {web: 0.9, math: 0.1}}
///       - {tokens: 5e8, weights: {web: 0.4, math: 0.6}}
///
/// Paths are relative to the working directory, as those of `--corpus` are.
package struct MixFile: Sendable, Equatable {
    /// The sources, ordered by name.
    package let sources: [MixSource]
    /// The phases in their order; empty where the sources have weights of their own.
    package let phases: [MixPhase]

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
    /// - Throws: `RunFileError` for anything but two sources or more, and phases if any, with known keys.
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
        if let unknown = keys.keys.sorted().first(where: { !["sources", "phases"].contains($0) }) {
            throw bad("unknown key '\(unknown)'")
        }
        guard sources.count >= 2 else { throw bad("a mix has two sources or more; give one corpus as --corpus") }
        let phases = try keys["phases"].map { try Self.phases($0, of: sources.keys.sorted(), bad) } ?? []
        self.phases = phases
        self.sources = try sources.sorted { $0.key < $1.key }.map { name, value in
            guard let fields = value as? [String: Any] else { throw bad("expected a mapping under '\(name)'") }
            return try MixSource(
                name: name, fields, phaseTokens: phases.isEmpty ? nil : phases.reduce(0) { $0 + $1.tokens(of: name) }
            ) { bad("source '\(name)': \($0)") }
        }
    }

    private static func phases(
        _ value: Any, of sources: [String], _ bad: (String) -> RunFileError
    ) throws -> [MixPhase] {
        guard let list = value as? [Any], !list.isEmpty else {
            throw bad("expected a list under 'phases', each with 'tokens' and 'weights'")
        }
        return try list.enumerated().map { index, value in
            func badPhase(_ reason: String) -> RunFileError { bad("phase \(index + 1): \(reason)") }
            guard let fields = value as? [String: Any] else {
                throw badPhase("expected a mapping of 'tokens' and 'weights'")
            }
            return try MixPhase(fields, of: sources, bad: badPhase)
        }
    }
}

/// Largest weight, and most repeats.
private let most = 1e9

private func positiveNumber(_ key: String, _ value: Any?, _ bad: (String) -> RunFileError) throws -> Double {
    guard let value else { throw bad("'\(key)' is missing: a number above 0, at most \(Int(most))") }
    let number = value as? Double ?? (value as? Int).map(Double.init)
    guard let number, number > 0, number <= most else {
        throw bad("'\(key)' must be a number above 0, at most \(Int(most)), not \(value)")
    }
    return number
}

extension MixPhase {
    /// Most tokens: no number of them is lost in a double.
    private static let mostTokens = 1e15

    fileprivate init(_ fields: [String: Any], of sources: [String], bad: (String) -> RunFileError) throws {
        if let unknown = fields.keys.sorted().first(where: { !["tokens", "weights"].contains($0) }) {
            throw bad("unknown key '\(unknown)'; known are tokens, weights")
        }
        let number = fields["tokens"].flatMap { Double("\($0)") }
        guard let number, number >= 1, number <= Self.mostTokens, number == number.rounded() else {
            throw bad(
                fields["tokens"].map { "'tokens' must be a whole number, 1 to 1e15, not \($0)" }
                    ?? "'tokens' is missing: a whole number, 1 to 1e15")
        }
        guard let weights = fields["weights"] as? [String: Any], !weights.isEmpty else {
            throw bad("expected 'weights', a mapping of sources' names to numbers")
        }
        if let unknown = weights.keys.sorted().first(where: { !sources.contains($0) }) {
            throw bad("'\(unknown)' is no source; there are \(sources.joined(separator: ", "))")
        }
        self.init(
            tokens: Int(number),
            weights: Dictionary(
                uniqueKeysWithValues: try weights.map { ($0, try positiveNumber("weights.\($0)", $1, bad)) }))
    }

    /// Tokens of the phase that are a source's.
    fileprivate func tokens(of source: String) -> Double {
        Double(tokens) * (weights[source] ?? 0) / weights.values.sorted().reduce(0, +)
    }
}

extension MixSource {
    /// - Parameter phaseTokens: what all phases take of the source, in place of a weight; nil where there are none.
    fileprivate init(
        name: String, _ fields: [String: Any], phaseTokens: Double?, bad: (String) -> RunFileError
    ) throws {
        let known = ["paths", "weight", "repeat", "text-field"]
        if let unknown = fields.keys.sorted().first(where: { !known.contains($0) }) {
            throw bad("unknown key '\(unknown)'; known are \(known.joined(separator: ", "))")
        }
        let paths = (fields["paths"] as? String).map { [$0] } ?? fields["paths"] as? [String] ?? []
        guard !paths.isEmpty else { throw bad("expected 'paths', one or a list") }
        let textField = fields["text-field"] as? String
        guard textField != nil || fields["text-field"] == nil else { throw bad("'text-field' must be a text") }
        if let phaseTokens {
            guard fields["weight"] == nil else {
                throw bad("'weight' belongs to each of the phases; leave it out here")
            }
            guard phaseTokens > 0 else { throw bad("no phase names it; leave it out, or give it a weight in one") }
        }
        self.init(
            name: name, paths: paths, weight: try phaseTokens ?? positiveNumber("weight", fields["weight"], bad),
            repeat: try fields["repeat"].map { try positiveNumber("repeat", $0, bad) } ?? 1, textField: textField)
    }
}
