/// The way from the outermost value to the one being read.
struct JSONPath: Sendable {
    enum Step: Sendable {
        case field(String)
        case index(Int)
    }

    var steps: [Step] = []

    /// `inputs[3].token_ids`. A key that would read ambiguously is quoted: `metadata["a.b"]`.
    var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .index(let index): text += "[\(index)]"
            case .field(let name) where Self.isPlain(name): text += text.isEmpty ? name : "." + name
            case .field(let name): text += "[" + Self.quoted(name) + "]"
            }
        }
        return text
    }

    func appending(_ step: Step) -> JSONPath {
        JSONPath(steps: steps + [step])
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
}
