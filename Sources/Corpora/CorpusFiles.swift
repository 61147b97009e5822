import Foundation

/// The files that a list of paths stands for: a file is itself, a directory is every corpus file below it.
package struct CorpusFiles: Sendable, Equatable {
    package struct File: Sendable, Equatable {
        package let path: String
        package let format: CorpusFormat
    }

    /// In the order of the given paths; inside a directory by relative path.
    package let files: [File]

    package init(_ paths: [String]) throws {
        files = try paths.flatMap(Self.expand)
    }

    private static func expand(_ path: String) throws -> [File] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw CorpusError.notFound(path: path)
        }
        guard isDirectory.boolValue else {
            guard let format = CorpusFormat(path: path) else { throw CorpusError.unknownFormat(path: path) }
            return [File(path: path, format: format)]
        }
        let names: [String]
        do {
            names = try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
        } catch {
            throw CorpusError.unreadable(path: path, reason: "\(error)")
        }
        let found = names.compactMap { name in
            CorpusFormat(path: name).map { File(path: path + "/" + name, format: $0) }
        }
        guard !found.isEmpty else { throw CorpusError.emptyDirectory(path: path) }
        return found
    }
}
