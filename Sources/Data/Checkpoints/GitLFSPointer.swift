/// What git leaves in place of a large file that git-lfs has not fetched: three lines of text.
enum GitLFSPointer {
    private static let start = Array("version https://git-lfs.github.com/spec/".utf8)
    /// As git-lfs has it.
    static let maxBytes = 1024

    /// Throws where the file is such a pointer.
    static func refuse(_ bytes: some Collection<UInt8>, of path: String) throws {
        guard bytes.count <= maxBytes, bytes.starts(with: start) else { return }
        let size = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("size ") }.flatMap { Int($0.dropFirst("size ".count)) }
        throw ModelDirectoryError.gitLFSPointer(file: path, byteCount: size)
    }
}
