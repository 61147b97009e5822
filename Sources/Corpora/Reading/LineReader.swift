/// The lines of a file, one at a time, without their line ends (LF or CRLF). The last line needs none.
/// Memory: the longest line and one block.
struct LineReader: ~Copyable {
    /// A line longer than this is taken for a file of another kind.
    static let maxLineBytes = 256 << 20

    private var file: ByteFile
    private let maxLineBytes: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private var searched = 0
    private var atEnd = false

    /// The number of the line that `next` returned last, from 1.
    private(set) var lineNumber = 0

    init(_ path: String, maxLineBytes: Int = LineReader.maxLineBytes) throws {
        file = try ByteFile(path)
        self.maxLineBytes = maxLineBytes
    }

    mutating func next() throws -> ArraySlice<UInt8>? {
        while true {
            if let newline = indexOfNewline() {
                return line(start..<newline, nextStart: newline + 1)
            }
            guard !atEnd else {
                return start < buffer.count ? line(start..<buffer.count, nextStart: buffer.count) : nil
            }
            guard buffer.count - start <= maxLineBytes else {
                throw CorpusError.lineTooLong(file: file.path, line: lineNumber + 1, limitBytes: maxLineBytes)
            }
            buffer.removeSubrange(..<start)
            searched -= start
            start = 0
            atEnd = try !file.read(into: &buffer)
        }
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
