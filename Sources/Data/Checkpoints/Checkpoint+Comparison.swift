extension Checkpoint {
    private static let comparedElements = 1 << 16

    /// Whether two F32, BF16 or F16 tensors of one shape hold the same values: those of another type count as what they widen to, -0 as 0,
    /// and no NaN equals another. Reads as far as they agree.
    ///
    /// - Throws: `CheckpointError` where one is missing, of another type or of another shape than the first.
    package func holdsSameValues(_ first: String, _ second: String) throws -> Bool {
        let types = ElementConversion.widenable
        let (firstEntry, secondEntry) = try (requiredEntry(first), requiredEntry(second))
        for (name, entry) in [(first, firstEntry), (second, secondEntry)] {
            guard types.contains(entry.elementType) else {
                throw CheckpointError.wrongElementType(
                    file: directory, tensor: name, expected: types, got: entry.elementType)
            }
            guard entry.shape == firstEntry.shape else {
                throw CheckpointError.wrongShape(
                    file: directory, tensor: name, expected: firstEntry.shape, got: entry.shape)
            }
        }
        return try withBytes(first) { left in
            try withBytes(second) { right in
                Self.areEqual(left, firstEntry.elementType, right, secondEntry.elementType)
            }
        }
    }

    private func requiredEntry(_ name: String) throws -> SafetensorsHeader.Entry {
        guard let entry = entry(name) else {
            throw CheckpointError.missingTensor(directory: directory, tensor: name)
        }
        return entry
    }

    private static func areEqual(
        _ left: UnsafeRawBufferPointer, _ leftType: ElementType, _ right: UnsafeRawBufferPointer,
        _ rightType: ElementType
    ) -> Bool {
        let count = left.count / leftType.byteCount
        var (a, b) = ([Float](repeating: 0, count: comparedElements), [Float](repeating: 0, count: comparedElements))
        for start in stride(from: 0, to: count, by: comparedElements) {
            let end = min(start + comparedElements, count)
            widen(left, leftType, start..<end, into: &a)
            widen(right, rightType, start..<end, into: &b)
            guard a[..<(end - start)] == b[..<(end - start)] else { return false }
        }
        return true
    }

    private static func widen(
        _ bytes: UnsafeRawBufferPointer, _ type: ElementType, _ elements: Range<Int>, into target: inout [Float]
    ) {
        target.withUnsafeMutableBufferPointer {
            let range = elements.lowerBound * type.byteCount..<elements.upperBound * type.byteCount
            ElementConversion.widen(
                UnsafeRawBufferPointer(rebasing: bytes[range]), of: type,
                into: UnsafeMutableBufferPointer(rebasing: $0[..<elements.count]))
        }
    }
}
