import Foundation
import HTTPClient
import JSONValues

/// vLLM's teacher scoring, `POST /inference/v1/generate` with one list of candidates a row: the realized token alone, so that an f32 a
/// token comes back, not JSON. Servers before it, without `--enable-scale-out` or on the first model runner refuse it; those that take
/// one set of candidates a request do too, and rightly: all tokens of a document at each of its positions would be a longer answer than
/// the JSON.
struct VLLMTeacherScoring: EngineContract {
    static let path = "/inference/v1/generate"

    func call(_ tokenIDs: [Int32], topK: Int, model: String) -> HTTPCall {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("model", model)
            writer.field("token_ids", tokenIDs)
            writer.key("sampling_params")
            writer.object { writer in
                writer.field("max_tokens", 1)
                writer.field("temperature", 1)
                writer.field("prompt_logprob_start", 0)
                writer.key("prompt_logprob_token_ids")
                writer.array { writer in
                    for id in tokenIDs.dropFirst() {
                        writer.element()
                        writer.array { writer in
                            writer.element()
                            writer.write(id)
                        }
                    }
                }
            }
        }
        return HTTPCall(
            path: Self.path, body: writer.bytes, contentType: "application/json", accept: "application/json",
            maxReplyBytes: AnswerSize.limit(tokens: tokenIDs.count, topK: 0))
    }

    func answer(_ body: [UInt8], tokens: Int, topK: Int) throws -> EngineAnswer {
        var (echoed, encoded) = ([Int32]?.none, String?.none)
        try JSONReader.read(body) { reader in
            try reader.object { reader, key in
                switch key {
                case "prompt_token_id_logprobs": encoded = try reader.takeNull() ? nil : try reader.string()
                case "prompt_token_ids": echoed = try reader.takeNull() ? nil : try reader.int32s()
                default: try reader.skip()
                }
            }
        }
        guard let encoded, let data = Data(base64Encoded: encoded) else {
            throw AnswerFault("no prompt_token_id_logprobs of base64 in it")
        }
        let matrix = try NumPyArray(Array(data))
        guard matrix.shape == [tokens - 1, 1] else {
            throw AnswerFault("log-probs of shape \(matrix.shape), expected [\(tokens - 1), 1]")
        }
        return EngineAnswer(tokenIDs: echoed, logProbs: [.nan] + matrix.values)
    }
}

/// An f32 array as numpy.save writes it, little-endian, in row-major order.
struct NumPyArray {
    let shape: [Int]
    let values: [Float]

    init(_ bytes: [UInt8]) throws(AnswerFault) {
        let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
        guard bytes.count >= 12, bytes.starts(with: magic) else { throw AnswerFault("no .npy array in it") }
        let isLong = bytes[6] >= 2
        let length = (0..<(isLong ? 4 : 2)).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        let start = isLong ? 12 : 10
        guard bytes.count - start >= length else { throw AnswerFault("a torn .npy array in it") }
        let header = String(decoding: bytes[start..<(start + length)], as: UTF8.self)
        guard header.contains("'<f4'"), header.contains("'fortran_order': False"),
            let open = header.firstIndex(of: "("), let close = header[open...].firstIndex(of: ")")
        else { throw AnswerFault("a .npy array that is not of little-endian f32 in rows: \(header.prefix(100))") }
        let sizes = header[header.index(after: open)..<close].split(separator: ",").map {
            Int($0.drop { $0 == " " }) ?? -1
        }
        let payload = bytes[(start + length)...]
        var count = 1
        for size in sizes {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { throw AnswerFault("a .npy array of shape \(sizes)") }
            count = product
        }
        guard count <= payload.count / 4, payload.count == 4 * count else {
            throw AnswerFault("\(payload.count) bytes for a .npy array of shape \(sizes)")
        }
        shape = sizes
        values = payload.withUnsafeBytes { bytes in
            (0..<count).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
    }
}
