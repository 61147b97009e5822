/// `NormalizationData`, ready for use.
final class NormalizationTables: Sendable {
    /// What the quick check needs to know of a scalar.
    struct Traits: Sendable {
        var combiningClass: UInt8 = 0
        fileprivate var flags: UInt8 = 0

        fileprivate static let decomposes: UInt8 = 1
        fileprivate static let decomposesCompatibly: UInt8 = 2
        fileprivate static let changesComposed: UInt8 = 4
        fileprivate static let changesComposedCompatibly: UInt8 = 8

        /// The scalar neither changes nor joins what stands before it.
        @inline(__always)
        func isStable(_ form: UnicodeForm) -> Bool {
            switch form {
            case .nfc: flags & Self.changesComposed == 0
            case .nfd: flags & Self.decomposes == 0
            case .nfkc: flags & Self.changesComposedCompatibly == 0
            case .nfkd: flags & Self.decomposesCompatibly == 0
            }
        }
    }

    /// Made once; constant from then on.
    static let shared = NormalizationTables()

    private static let hangulSyllables: ClosedRange<UInt32> = 0xAC00...0xD7A3
    private static let leads: ClosedRange<UInt32> = 0x1100...0x1112
    private static let vowels: ClosedRange<UInt32> = 0x1161...0x1175
    private static let trails: ClosedRange<UInt32> = 0x11A8...0x11C2
    private static let blockSize = 256

    /// Scalars in blocks; most blocks are the empty one.
    private let blockOfScalar: [UInt16]
    private let traits: [Traits]
    private let canonical: [UInt32: [UInt32]]
    private let compatible: [UInt32: [UInt32]]
    private let compositions: [UInt64: UInt32]

    private init() {
        canonical = Self.decompositions(NormalizationData.canonical)
        compatible = Self.decompositions(NormalizationData.compatible)
        var compositions: [UInt64: UInt32] = [:]
        for entry in NormalizationData.compositions.split(whereSeparator: \.isWhitespace) {
            let sides = entry.split(separator: "=")
            let pair = sides[0].split(separator: "+").compactMap { UInt32($0, radix: 16) }
            compositions[Self.key(pair[0], pair[1])] = UInt32(sides[1], radix: 16)
        }
        self.compositions = compositions
        var blocks = Blocks()
        Self.addCombiningClasses(&blocks)
        for scalar in canonical.keys {
            blocks.update(scalar) { $0.flags |= Traits.decomposes | Traits.decomposesCompatibly }
        }
        for scalar in compatible.keys { blocks.update(scalar) { $0.flags |= Traits.decomposesCompatibly } }
        for scalar in Self.hangulSyllables {
            blocks.update(scalar) { $0.flags |= Traits.decomposes | Traits.decomposesCompatibly }
        }
        let composites = Set(compositions.values)
        let changed = Traits.changesComposed | Traits.changesComposedCompatibly
        for scalar in canonical.keys where !composites.contains(scalar) {
            blocks.update(scalar) { $0.flags |= changed }
        }
        for scalar in compatible.keys { blocks.update(scalar) { $0.flags |= Traits.changesComposedCompatibly } }
        for pair in compositions.keys { blocks.update(UInt32(pair & 0xFFFF_FFFF)) { $0.flags |= changed } }
        for scalar in Array(Self.vowels) + Array(Self.trails) { blocks.update(scalar) { $0.flags |= changed } }
        blockOfScalar = blocks.blockOfScalar
        traits = blocks.traits
    }

    private struct Blocks {
        var blockOfScalar = [UInt16](repeating: 0, count: 0x110000 / NormalizationTables.blockSize)
        var traits = [Traits](repeating: Traits(), count: NormalizationTables.blockSize)

        mutating func update(_ scalar: UInt32, _ body: (inout Traits) -> Void) {
            let (block, index) = Int(scalar).quotientAndRemainder(dividingBy: NormalizationTables.blockSize)
            if blockOfScalar[block] == 0 {
                blockOfScalar[block] = UInt16(traits.count / NormalizationTables.blockSize)
                traits += Array(repeating: Traits(), count: NormalizationTables.blockSize)
            }
            body(&traits[Int(blockOfScalar[block]) * NormalizationTables.blockSize + index])
        }
    }

    private static func addCombiningClasses(_ blocks: inout Blocks) {
        var current: UInt8 = 0
        for word in NormalizationData.combiningClasses.split(whereSeparator: \.isWhitespace) {
            if word.first == "@" {
                current = UInt8(word.dropFirst()) ?? 0
            } else if let range = UnicodeRanges.parse(word) {
                for scalar in range { blocks.update(scalar) { $0.combiningClass = current } }
            }
        }
    }

    private static func decompositions(_ text: String) -> [UInt32: [UInt32]] {
        var result: [UInt32: [UInt32]] = [:]
        for entry in text.split(whereSeparator: \.isWhitespace) {
            let sides = entry.split(separator: "=")
            let parts = sides[1].split(separator: "+").compactMap { UInt32($0, radix: 16) }
            guard let scalars = UnicodeRanges.parse(sides[0]) else { continue }
            for scalar in scalars {
                // Of a range each becomes one scalar, in step.
                result[scalar] = scalars.count == 1 ? parts : [parts[0] + scalar - scalars.lowerBound]
            }
        }
        return result
    }

    private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 { UInt64(first) << 32 | UInt64(second) }

    @inline(__always)
    func traits(_ scalar: UInt32) -> Traits {
        traits[Int(blockOfScalar[Int(scalar) >> 8]) << 8 | Int(scalar) & 0xFF]
    }

    func forEachDecomposed(_ scalar: UInt32, compatible isCompatible: Bool, _ body: (UInt32) -> Void) {
        guard traits(scalar).flags != 0 else { return body(scalar) }
        if Self.hangulSyllables.contains(scalar) {
            let index = scalar - Self.hangulSyllables.lowerBound
            body(Self.leads.lowerBound + index / 588)
            body(Self.vowels.lowerBound + index % 588 / 28)
            if index % 28 > 0 { body(Self.trails.lowerBound - 1 + index % 28) }
            return
        }
        let parts = (isCompatible ? compatible[scalar] : nil) ?? canonical[scalar]
        guard let parts else { return body(scalar) }
        for part in parts { body(part) }
    }

    func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if Self.leads.contains(first), Self.vowels.contains(second) {
            let lead = (first - Self.leads.lowerBound) * 588
            return Self.hangulSyllables.lowerBound + lead + (second - Self.vowels.lowerBound) * 28
        }
        if Self.hangulSyllables.contains(first), Self.trails.contains(second),
            (first - Self.hangulSyllables.lowerBound) % 28 == 0
        {
            return first + second - Self.trails.lowerBound + 1
        }
        return compositions[Self.key(first, second)]
    }
}
