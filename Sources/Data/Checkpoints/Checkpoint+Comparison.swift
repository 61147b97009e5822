import System

extension Checkpoint {
    private static let comparedElements = 1 << 16

    /// Whether two F32, BF16 or F16 tensors of one shape hold the same values: those of another type count as what they widen to, -0 as 0,
    /// and no NaN equals another. Reads both a piece at a time, as far as they agree, and remembers the answer.
    ///
    /// - Throws: `CheckpointError` where one is missing, of another type or of another shape than the first.
    package func holdsSameValues(_ first: String, _ second: String) throws -> Bool {
        if let known = compared.withLock({ $0[[first, second]] }) { return known }
        let types = ElementConversion.widenable
        let (left, right) = try (location(first), location(second))
        for (name, entry) in [(first, left.1), (second, right.1)] {
            guard types.contains(entry.elementType) else {
                throw CheckpointError.wrongElementType(
                    file: directory, tensor: name, expected: types, got: entry.elementType)
            }
            guard entry.shape == left.1.shape else {
                throw CheckpointError.wrongShape(
                    file: directory, tensor: name, expected: left.1.shape, got: entry.shape)
            }
        }
        let isSame = try Self.areEqual(left, right)
        compared.withLock { $0[[first, second]] = isSame }
        return isSame
    }

    private typealias Place = (file: SafetensorsFile, entry: SafetensorsHeader.Entry)

    private static func areEqual(_ left: Place, _ right: Place) throws -> Bool {
        let count = left.entry.byteRange.count / left.entry.elementType.byteCount
        let largest = min(count, comparedElements)
        var (a, b) = ([Float](repeating: 0, count: largest), [Float](repeating: 0, count: largest))
        for start in stride(from: 0, to: count, by: comparedElements) {
            let elements = min(comparedElements, count - start)
            try read(left, from: start, elements, into: &a)
            try read(right, from: start, elements, into: &b)
            guard a[..<elements] == b[..<elements] else { return false }
        }
        return true
    }

    private static func read(
        _ place: Place, from start: Int, _ elements: Int, into target: inout [Float]
    ) throws {
        let type = place.entry.elementType
        try withUnsafeTemporaryAllocation(byteCount: elements * type.byteCount, alignment: 64) { bytes in
            try place.file.read(place.entry, from: start * type.byteCount, into: bytes)
            target.withUnsafeMutableBufferPointer {
                ElementConversion.widen(
                    UnsafeRawBufferPointer(bytes), of: type, into: UnsafeMutableBufferPointer(rebasing: $0[..<elements])
                )
            }
        }
    }
}
