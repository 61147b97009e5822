/// One step of the `normalizer` of a tokenizer.json. A sequence is flattened: its steps run one after the other.
enum NormalizerStage: Sendable {
    case unicode(UnicodeForm)
    case lowercase
    case prepend([UInt8])
    case replace(LiteralOrPattern, with: [UInt8])
    case strip(left: Bool, right: Bool)

    /// The steps of a `normalizer` field. `ordinal` paths name the step in errors.
    static func parse(_ fields: JSONFields?) throws -> [NormalizerStage] {
        guard let fields else { return [] }
        let type = try fields.string("type")
        func known(_ names: Set<String>) throws { try fields.rejectUnknown(known: names.union(["type"])) }
        switch type {
        case "Sequence":
            try known(["normalizers"])
            return try fields.objects("normalizers").flatMap { try parse($0) }
        case "NFC", "NFD", "NFKC", "NFKD":
            try known([])
            return UnicodeForm(rawValue: type).map { [.unicode($0)] } ?? []
        case "Lowercase":
            try known([])
            return [.lowercase]
        case "Prepend":
            try known(["prepend"])
            return [.prepend(try fields.bytes("prepend"))]
        case "Replace":
            try known(["pattern", "content"])
            return [.replace(try LiteralOrPattern(fields, "pattern"), with: try fields.bytes("content"))]
        case "Strip":
            try known(["strip_left", "strip_right"])
            return [.strip(left: try fields.bool("strip_left"), right: try fields.bool("strip_right"))]
        default:
            throw fields.unsupportedStage(type)
        }
    }

    func apply(_ text: inout AlignedText, _ scratch: PatternScratch) throws {
        guard !text.isEmpty else { return }
        switch self {
        case .unicode(let form):
            guard !form.isNormalized(text.bytes) else { return }
            text.apply(UnicodeNormalizer.changes(text.bytes, form))
        case .lowercase: text.apply(Self.lowercased(text.bytes))
        case .prepend(let prefix): text.prepend(prefix)
        case .replace(let pattern, let content): try replace(pattern, content, &text, scratch)
        case .strip(let left, let right): Self.strip(&text, left: left, right: right)
        }
    }

    /// A replacement stands for the last character it replaces.
    private func replace(
        _ pattern: LiteralOrPattern, _ content: [UInt8], _ text: inout AlignedText, _ scratch: PatternScratch
    ) throws {
        if case .literal(let literal) = pattern, literal.count == 1 { return text.replace(literal[0], with: content) }
        var result = AlignedText()
        var copied = 0
        var isChanged = false
        let source = text
        try source.bytes.withUnsafeBufferPointer { bytes in
            try pattern.forEachMatch(in: bytes, scratch) { start, end in
                result.append(source, copied..<start)
                result.append(content, standingFor: end > 0 ? source.places[end - 1] : .init(start: 0, end: 0))
                copied = end
                isChanged = true
            }
        }
        guard isChanged else { return }
        result.append(source, copied..<source.count)
        text = result
    }

    private static func lowercased(_ bytes: [UInt8]) -> [AlignedText.Change] {
        var changes: [AlignedText.Change] = []
        changes.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count {
            let scalar = UTF8Scalar.decode(bytes, &at)
            if scalar < 0x80 {
                changes.append(.init(scalar: 0x41...0x5A ~= scalar ? scalar + 0x20 : scalar, step: 0))
                continue
            }
            guard let properties = Unicode.Scalar(scalar)?.properties else { continue }
            for (index, lower) in properties.lowercaseMapping.unicodeScalars.enumerated() {
                changes.append(.init(scalar: lower.value, step: index == 0 ? 0 : 1))
            }
        }
        return changes
    }

    private static func strip(_ text: inout AlignedText, left: Bool, right: Bool) {
        var start = 0
        var end = text.count
        while left, start < end {
            var next = start
            guard WhiteSpace.contains(UTF8Scalar.decode(text.bytes, &next)) else { break }
            start = next
        }
        while right, end > start {
            var before = end - 1
            while UTF8Scalar.isContinuation(text.bytes[before]) { before -= 1 }
            var at = before
            guard WhiteSpace.contains(UTF8Scalar.decode(text.bytes, &at)) else { break }
            end = before
        }
        guard start > 0 || end < text.count else { return }
        var result = AlignedText()
        result.append(text, start..<end)
        text = result
    }
}

/// The White_Space property, which no version of Unicode since 6.3 has changed.
enum WhiteSpace {
    @inline(__always)
    static func contains(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }
}
