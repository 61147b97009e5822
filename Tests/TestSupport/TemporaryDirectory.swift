import Foundation

/// A new empty directory that is removed when the last reference goes.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("remit-test-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    package func file(_ name: String) -> String { path + "/" + name }

    /// Folders on the way are made.
    @discardableResult
    package func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let path = file(name)
        if let folder = name.lastIndex(of: "/") {
            try FileManager.default.createDirectory(
                atPath: file(String(name[..<folder])), withIntermediateDirectories: true)
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
