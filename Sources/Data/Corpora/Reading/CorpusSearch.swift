import System
import Foundation

/// Collects the files of a corpus, each once, and what was passed over on the way.
struct CorpusSearch {
    private(set) var files: [CorpusFiles.File] = []
    private(set) var findings = CorpusFindings()
    private var taken: Set<CorpusFiles.File.Identity> = []
    private let readers: CorpusReaders
    private let namedFormat: CorpusFormat?

    init(readers: CorpusReaders, namedFormat: CorpusFormat?) {
        self.readers = readers
        self.namedFormat = namedFormat
    }

    /// A path as a user gives it.
    mutating func add(_ path: String) throws {
        guard let scheme = CorpusReaders.scheme(path) else { return try add(path, written: path.count) }
        guard let reader = readers.reader(ofScheme: scheme) else {
            throw CorpusError.noReader(path: path, kind: scheme)
        }
        let file = CorpusFiles.File(path: path, format: .program, identity: .address(path), reader: reader)
        take(file, written: 0)
    }

    /// - Parameter written: how much of the path is the user's own; the rest was found.
    private mutating func add(_ path: String, written: Int) throws {
        guard let identity = FileIdentity(path) else {
            if FileIdentity(path + ".idx") != nil { return try add(path + ".idx", written: written + ".idx".count) }
            let matches = try Self.matches(path)
            guard !matches.isEmpty else { throw CorpusError.notFound(path: path) }
            let literal = path.prefix { !Self.wildcards.contains($0) }
            let folder = literal.lastIndex(of: "/").map { literal[...$0].count } ?? 0
            for match in matches { try add(match, written: folder) }
            return
        }
        if identity.isDirectory {
            guard let reader = readers.reader(ofFolder: path) else { return try addDirectory(path, written: written) }
            return take(
                .init(path: path, format: .program, identity: .file(identity), reader: reader), written: written)
        }
        if let reader = readers.reader(ofFile: path) {
            return take(
                .init(path: path, format: .program, identity: .file(identity), reader: reader), written: written)
        }
        if namedFormat == nil, path.hasSuffix(".bin"), FileIdentity(path.dropLast(3) + "idx") != nil {
            return try add(path.dropLast(3) + "idx", written: written)
        }
        guard let format = namedFormat ?? CorpusFormat(path: path) else { throw CorpusError.unknownFormat(path: path) }
        take(CorpusFiles.File(path: path, format: format, identity: .file(identity)), written: written)
    }

    private mutating func take(_ file: CorpusFiles.File, written: Int) {
        guard taken.insert(file.identity).inserted else { return findings.repeated.append(file.path) }
        files.append(file)
        findings.look(at: file.path, below: String(file.path.dropFirst(written)), file.format)
    }

    private mutating func addDirectory(_ path: String, written: Int) throws {
        var below = DirectorySearch(root: path, readers: readers)
        try below.search("", parents: [])
        findings.leftOut.merge(below.leftOut, uniquingKeysWith: +)
        guard !below.found.isEmpty else {
            throw CorpusError.emptyDirectory(
                path: path, leftOut: below.leftOut.isEmpty ? nil : CorpusFindings.counts(below.leftOut))
        }
        for file in below.found.sorted(by: { $0.path < $1.path }) { take(file, written: written) }
    }

    private static let wildcards: Set<Character> = ["*", "?", "["]

    /// Sorted; empty for what is no pattern.
    private static func matches(_ pattern: String) throws -> [String] {
        guard pattern.contains(where: wildcards.contains) else { return [] }
        guard !pattern.contains("**") else { throw CorpusError.unknownPattern(pattern: pattern) }
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, GLOB_ERR, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }
}

/// Goes through a directory and all below it, behind links too. Hidden files and folders are no corpus: editors, systems and version
/// control keep copies and notes there.
private struct DirectorySearch {
    let root: String
    private let readers: CorpusReaders
    private(set) var found: [CorpusFiles.File] = []
    /// How many, by kind.
    private(set) var leftOut: [String: Int] = [:]

    init(root: String, readers: CorpusReaders) {
        self.root = root
        self.readers = readers
    }

    /// - Parameter parents: the directories on the way; one of them again is a link in a circle.
    mutating func search(_ folder: String, parents: Set<FileIdentity>) throws {
        let path = folder.isEmpty ? root : root + "/" + folder
        guard let identity = FileIdentity(path), !parents.contains(identity) else { return }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw CorpusError.unreadable(path: path, reason: "\(error)")
        }
        for entry in names {
            let name = folder.isEmpty ? entry : folder + "/" + entry
            try add(entry, name, parents: parents.union([identity]))
        }
    }

    private mutating func add(_ entry: String, _ name: String, parents: Set<FileIdentity>) throws {
        let path = root + "/" + name
        let reader = readers.reader(ofFile: entry)
        let format = reader == nil ? CorpusFormat(path: entry) : .program
        guard !entry.hasPrefix(".") else { return leftOut["hidden", default: 0] += 1 }
        guard let identity = FileIdentity(path) else {
            guard format == nil else { throw CorpusError.unreadable(path: path, reason: "the link leads nowhere") }
            return leftOut[Self.kind(entry), default: 0] += 1
        }
        if identity.isDirectory {
            guard let reader = readers.reader(ofFolder: path) else { return try search(name, parents: parents) }
            return found.append(.init(path: path, format: .program, identity: .file(identity), reader: reader))
        }
        if let format, identity.isRegular, !CorpusFindings.describesData(entry) {
            return found.append(.init(path: path, format: format, identity: .file(identity), reader: reader))
        }
        if entry.hasSuffix(".bin"), FileIdentity(path.dropLast(3) + "idx") != nil { return }
        leftOut[identity.isRegular ? Self.kind(entry) : "not regular files", default: 0] += 1
    }

    /// What a file that is no corpus file is counted as: by the end of its name.
    private static func kind(_ name: String) -> String {
        guard !CorpusFindings.describesData(name) else { return name }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().suffix(2)
        let isPacked = parts.count == 2 && ["gz", "zst", "xz", "bz2"].contains(parts.last?.lowercased())
        guard let end = isPacked ? parts.joined(separator: ".") : parts.last.map(String.init), !end.isEmpty,
            end.count <= 16
        else { return "without extension" }
        return "." + end
    }
}
