/// Finds the end of a request's header and the places of its parts, each byte looked at once.
///
/// It keeps the header's bytes (at most `maxHeaderBytes`, never more than have arrived) and where each part lies in them.
struct HeadScanner {
    struct FieldMark {
        let start: Int
        let nameEnd: Int
        var end: Int
    }

    private enum State { case emptyLines, emptyLineFeed, method, target, version, requestLineFeed, fields }

    private(set) var bytes: [UInt8] = []
    private(set) var methodStart = 0
    private(set) var methodEnd = 0
    private(set) var targetEnd = 0
    private(set) var versionEnd = 0
    private(set) var fields: [FieldMark] = []
    private var fieldStart = 0
    private var state = State.emptyLines
    private var lines = FieldLineMachine()

    /// Whether bytes of a request have been seen.
    var hasStarted: Bool { !bytes.isEmpty }

    /// Reads on to the end of the header or of the input.
    mutating func scan(
        _ input: UnsafeRawBufferPointer, limits: HTTPParserLimits
    ) throws(HTTPProtocolError) -> (consumed: Int, isComplete: Bool) {
        let before = bytes.count
        let available = min(input.count, limits.maxHeaderBytes - before)
        var index = 0
        var isComplete = false
        while index < available, !isComplete {
            isComplete = try step(input[index], at: before + index, limits)
            index += 1
        }
        bytes.append(contentsOf: input[..<index])
        if !isComplete, bytes.count == limits.maxHeaderBytes {
            if state == .target { throw .targetTooLong(limit: limits.maxTargetBytes) }
            throw .headerTooLarge(limit: limits.maxHeaderBytes)
        }
        return (index, isComplete)
    }

    @inline(__always)
    private mutating func step(
        _ byte: UInt8, at position: Int, _ limits: HTTPParserLimits
    ) throws(HTTPProtocolError) -> Bool {
        if state == .fields { return try stepField(byte, at: position, limits) }
        try stepRequestLine(byte, at: position, limits)
        return false
    }

    @inline(__always)
    private mutating func stepField(
        _ byte: UInt8, at position: Int, _ limits: HTTPParserLimits
    ) throws(HTTPProtocolError) -> Bool {
        switch try lines.step(byte) {
        case .none:
            return false
        case .nameEnd:
            if fields.count == limits.maxHeaderCount { throw .tooManyFields(limit: limits.maxHeaderCount) }
            fields.append(FieldMark(start: fieldStart, nameEnd: position, end: position))
        case .lineEnd:
            fields[fields.count - 1].end = position
            fieldStart = position + 2
        case .sectionEnd:
            return true
        }
        return false
    }

    private mutating func stepRequestLine(
        _ byte: UInt8, at position: Int, _ limits: HTTPParserLimits
    ) throws(HTTPProtocolError) {
        switch state {
        case .emptyLines:
            // RFC 9112, 2.2: a server skips empty lines before a request line.
            if byte == .carriageReturn {
                state = .emptyLineFeed
            } else {
                methodStart = position
                guard byte.isToken else { throw byte == .lineFeed ? .bareLineFeed : .badMethod }
                state = .method
            }
        case .emptyLineFeed:
            guard byte == .lineFeed else { throw .bareCarriageReturn }
            state = .emptyLines
        case .method:
            if byte == .space {
                methodEnd = position
                state = .target
            } else if !byte.isToken || position - methodStart >= HTTPRequestParser.maxMethodBytes {
                throw byte == .lineFeed ? .bareLineFeed : .badMethod
            }
        case .target:
            if byte == .space {
                targetEnd = position
                state = .version
            } else if !byte.isTarget {
                throw byte == .lineFeed ? .bareLineFeed : .badTarget
            } else if position - methodEnd > limits.maxTargetBytes {
                throw .targetTooLong(limit: limits.maxTargetBytes)
            }
        case .version:
            if byte == .carriageReturn {
                versionEnd = position
                state = .requestLineFeed
            } else if byte == .lineFeed {
                throw .bareLineFeed
            } else if position - targetEnd > 8 || byte <= .space || byte >= 0x7F {
                throw .badVersion
            }
        case .requestLineFeed:
            guard byte == .lineFeed else { throw .bareCarriageReturn }
            fieldStart = position + 1
            state = .fields
        case .fields:
            break
        }
    }
}
