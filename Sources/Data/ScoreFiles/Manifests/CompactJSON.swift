import JSONValues

/// JSON as Python's json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False) writes it: what digests are taken of. It
/// escapes other characters than `JSONWriter`.
enum CompactJSON {
    static func bytes(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return bytes
    }

    private static func append(_ value: JSONValue, to bytes: inout [UInt8]) {
        switch value {
        case .null, .bool, .integer, .number: bytes += value.compact
        case .string(let text): append(text, to: &bytes)
        case .array(let values):
            append(values, "[", "]", to: &bytes) { append($0, to: &$1) }
        case .object(let object):
            let members = object.members.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
            append(members, "{", "}", to: &bytes) { member, bytes in
                append(member.0, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                append(member.1, to: &bytes)
            }
        }
    }

    private static func append<Part>(
        _ parts: [Part], _ open: String, _ close: String, to bytes: inout [UInt8], each: (Part, inout [UInt8]) -> Void
    ) {
        bytes += open.utf8
        for (number, part) in parts.enumerated() {
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            each(part, &bytes)
        }
        bytes += close.utf8
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x08: bytes += "\\b".utf8
            case 0x09: bytes += "\\t".utf8
            case 0x0A: bytes += "\\n".utf8
            case 0x0C: bytes += "\\f".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0..<0x20: bytes += "\\u00".utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
