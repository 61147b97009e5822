/// Sets memory aside before it is taken, in bytes; throws where there is none.
package typealias MemoryClaim = (_ bytes: Int) throws -> Void

/// Bytes that a body takes while it is decoded, beside itself: what two bytes of JSON stand for is a multiple of them, and whoever decodes
/// claims that first. Bounds, not measures: arrays double as they grow, and hold old and new meanwhile.
package enum DecodingMemory {
    /// A number: eight bytes in an array that has just doubled.
    private static let perElement = 24
    /// Storage of an array of its own.
    private static let perArray = 64
    /// An input with its name and its arrays, in an array that has just doubled.
    private static let perInput = 320
    /// A prompt of a dialect, in an array that has just doubled, and the input that is made of it.
    private static let perPrompt = 160
    /// A string, and its bytes while escapes are undone.
    private static let perByte = 2

    /// Of a JSON body, by what it is made of. Complexity: one look at each byte.
    package static func json(_ body: [UInt8]) -> Int {
        var (elements, arrays, objects) = (0, 0, 0)
        for byte in body {
            elements &+= byte == UInt8(ascii: ",") ? 1 : 0
            arrays &+= byte == UInt8(ascii: "[") ? 1 : 0
            objects &+= byte == UInt8(ascii: "{") ? 1 : 0
        }
        return perByte * body.count + perElement * elements + perArray * arrays + perInput * objects
    }

    /// Of a JSON body of a dialect, whose prompts are texts or arrays in one array: `""` is one. Strings that are none, such as keys, are
    /// few. Complexity: two looks at each byte.
    package static func prompts(_ body: [UInt8]) -> Int {
        var (arrays, quotes) = (0, 0)
        for byte in body {
            arrays &+= byte == UInt8(ascii: "[") ? 1 : 0
            quotes &+= byte == UInt8(ascii: "\"") ? 1 : 0
        }
        return json(body) + perPrompt * (arrays + quotes / 2)
    }

    /// Bytes of memory for a byte of a safetensors header: at worst it is short members of `__metadata__`, each with a place in a table
    /// and in a list.
    private static let perHeaderByte = 32
    /// Bytes of memory for a byte of tensors: ids of four bytes are widened to eight, narrowed, and cut into inputs.
    private static let perTensorByte = 6
    /// A document's start, in the set that is looked up and in the spans.
    private static let perDocument = 96

    /// Of the header of a safetensors body, as long as it says that it is.
    static func header(_ body: [UInt8]) -> Int {
        let length = body.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return perHeaderByte * Int(clamping: min(length, UInt64(body.count)))
    }

    /// Of the tensors of a safetensors body whose header has been read.
    static func tensors(byteCount: Int, inputs: Int, documents: Int) -> Int {
        perTensorByte * byteCount + perInput * inputs + perDocument * documents
    }
}
