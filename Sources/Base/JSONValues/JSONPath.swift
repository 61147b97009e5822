/// The way from the outermost value to the one being read. Steps are places in the text; words are made of them for an error only.
struct JSONPath {
    enum Step {
        case field(JSONText)
        case index(Int)
    }

    private var steps: [Step] = []

    mutating func push(_ step: Step) { steps.append(step) }
    mutating func pop() { steps.removeLast() }

    var innermostKey: JSONText? {
        for case .field(let key) in steps.reversed() { return key }
        return nil
    }

    /// `inputs[3].token_ids`. A key that would read ambiguously is quoted: `metadata["a.b"]`.
    ///
    /// - Parameters:
    ///   - bytes: the text that the steps are places of.
    ///   - element: an index in an array of plain numbers, which has no step; less than 0: none.
    ///   - member: a further step, one that the text does not have.
    func text(of bytes: UnsafeBufferPointer<UInt8>, element: Int = -1, member: String? = nil) -> String {
        var text = ""
        for (at, step) in steps.enumerated() {
            // Of a hostile nesting the two ends; errors reach logs.
            if steps.count > Self.maxShownSteps, (Self.maxShownSteps / 2..<steps.count - 2).contains(at) {
                if at == Self.maxShownSteps / 2 { text += "…" }
                continue
            }
            switch step {
            case .index(let index): text += "[\(index)]"
            case .field(let key): text += Self.words(Self.name(key, bytes), isFirst: text.isEmpty)
            }
        }
        if element >= 0 { text += "[\(element)]" }
        if let member { text += Self.words(member, isFirst: text.isEmpty) }
        return text
    }

    private static func name(_ key: JSONText, _ bytes: UnsafeBufferPointer<UInt8>) -> String {
        // Of a hostile key of megabytes no more than is shown, but for what escapes and cut characters take.
        let range = key.range.prefix(12 * maxShownBytes)
        var name: [UInt8] = []
        if range.count == key.range.count {
            JSONEscapes.append(UnsafeBufferPointer(rebasing: bytes[key.range]), to: &name)
        } else {
            name = Array(bytes[range])
        }
        return String(decoding: name, as: UTF8.self)
    }

    private static func words(_ name: String, isFirst: Bool) -> String {
        isPlain(name) ? (isFirst ? name : "." + name) : "[" + quoted(name) + "]"
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= maxShownBytes
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// A hostile key may be megabytes long and full of line breaks; errors reach logs.
    private static func quoted(_ name: String) -> String {
        var writer = JSONWriter()
        writer.write(name.shortened(toBytes: maxShownBytes))
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static let maxShownBytes = 80
    private static let maxShownSteps = 24
}
