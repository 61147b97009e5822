/// Tells a bare array that is read as elements of half their width or less: every second one is then the zeros above an id. As ids they
/// would pass unnoticed, and where 0 is the end-of-sequence id each token would be a document.
struct ElementWidth {
    /// The widest element.
    static let groupBytes = 8
    /// From so many bytes on, what is seen is taken for the whole, so that a large file need not be read to its end.
    private static let enoughBytes = 8192

    private let element: TokenElement
    private var bytes = 0
    /// The bits that are set in any group.
    private var used: UInt64 = 0

    init(_ element: TokenElement) { self.element = element }

    /// - Parameter next: the bytes that come next; whole groups, but at the end of the file.
    mutating func check(_ next: UnsafeRawBufferPointer, atEnd: Bool, file: String) throws(CorpusError) {
        let groups = next.count / Self.groupBytes
        for group in 0..<groups {
            used |= next.loadUnaligned(fromByteOffset: group * Self.groupBytes, as: UInt64.self).littleEndian
        }
        for offset in groups * Self.groupBytes..<next.count {
            used |= UInt64(next[offset]) << UInt64(offset % Self.groupBytes * 8)
        }
        let wasEnough = bytes >= Self.enoughBytes
        bytes += next.count
        guard atEnd || bytes >= Self.enoughBytes && !wasEnough, let likely = wider else { return }
        throw .widerElements(file: file, taken: element, likely: likely, elements: bytes / element.byteCount)
    }

    /// The type that the array seems to be of; nil where it is what it is taken for.
    private var wider: TokenElement? {
        guard used != 0, bytes > element.byteCount else { return nil }
        func isPadded(_ width: Int) -> Bool { used & Self.upperHalves(ofWidth: width) == 0 }
        var width = 2 * element.byteCount
        guard width <= Self.groupBytes, isPadded(width) else { return nil }
        while width < Self.groupBytes, isPadded(2 * width), bytes % (2 * width) == 0 { width *= 2 }
        return [2: .uint16, 4: .uint32, 8: .uint64][width]
    }

    /// The upper half of each element of `width` bytes in a group.
    private static func upperHalves(ofWidth width: Int) -> UInt64 {
        (0..<groupBytes).filter { $0 % width >= width / 2 }.reduce(0) { $0 | 0xFF << UInt64($1 * 8) }
    }
}
