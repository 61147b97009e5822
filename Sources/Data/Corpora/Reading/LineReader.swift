import Digests

/// The lines of a text file, one at a time, without their line ends (LF or CRLF). The last line needs none.
/// Memory: the longest line, up to the limit, and one block.
struct LineReader: ~Copyable {
    private var file: ByteFile
    private let maxLineBytes: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private var searched = 0
    private var atEnd = false

    /// The number of the line that `next` returned last, from 1.
    private(set) var lineNumber = 0

    init(_ path: String, maxLineBytes: Int, counter: ByteCounter? = nil) throws {
        var file = try ByteFile(path, counter: counter)
        var head: [UInt8] = []
        while try head.count < FileHead.byteCount && file.read(into: &head) {}
        try FileHead.beginText(&head, file: path)
        self.file = file
        self.maxLineBytes = maxLineBytes
        buffer = head
    }

    /// SHA-256 of the bytes on disk, once `next` was nil.
    var digest: SHA256Digest { file.digest }

    /// A line beyond the limit is passed over and comes as a failure; nil at the end.
    mutating func next() throws -> Result<ArraySlice<UInt8>, CorpusError>? {
        while true {
            if let newline = indexOfNewline() {
                return .success(line(start..<newline, nextStart: newline + 1))
            }
            guard !atEnd else {
                return start < buffer.count ? .success(line(start..<buffer.count, nextStart: buffer.count)) : nil
            }
            guard buffer.count - start <= maxLineBytes else {
                try skipLine()
                return .failure(.lineTooLong(file: file.path, line: lineNumber, limitBytes: maxLineBytes))
            }
            buffer.removeSubrange(..<start)
            searched -= start
            start = 0
            atEnd = try !file.read(into: &buffer)
        }
    }

    private mutating func skipLine() throws {
        var newline: Int?
        repeat {
            buffer = []
            searched = 0
            atEnd = try !file.read(into: &buffer)
            newline = indexOfNewline()
        } while newline == nil && !atEnd
        lineNumber += 1
        start = newline.map { $0 + 1 } ?? buffer.count
    }

    private mutating func indexOfNewline() -> Int? {
        let from = searched
        let found = buffer.withUnsafeBufferPointer { bytes in
            bytes[from...].firstIndex(of: UInt8(ascii: "\n"))
        }
        searched = found.map { $0 + 1 } ?? buffer.count
        return found
    }

    private mutating func line(_ range: Range<Int>, nextStart: Int) -> ArraySlice<UInt8> {
        lineNumber += 1
        start = nextStart
        searched = max(searched, nextStart)
        let bytes = buffer[range]
        return bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
    }
}
