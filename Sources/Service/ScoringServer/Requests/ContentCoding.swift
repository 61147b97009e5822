import Compression
import HTTPSockets

/// Undoes the Content-Encoding of a request's body, within the limits that a plain body has.
enum ContentCoding {
    /// What a 415 says in Accept-Encoding.
    static let offered = "gzip, zstd"

    /// The coding of the body; nil where it has none. One is undone: a chain of them is only good for bombs.
    static func format(of head: HTTPRequestHead) throws(ServiceError) -> CompressionFormat? {
        let codings = head.headers.values("Content-Encoding").flatMap { $0.split(separator: ",") }
            .map { $0.filter { $0 != " " && $0 != "\t" } }.filter { !$0.isEmpty && $0.lowercased() != "identity" }
        guard let coding = codings.first else { return nil }
        guard codings.count == 1, let format = CompressionFormat(contentCoding: coding) else {
            throw .unsupportedContentCoding(got: codings.joined(separator: ", "))
        }
        return format
    }

    /// The request with its body expanded. Memory is claimed before it is taken, so that what is expanded counts towards the
    /// bound on all bodies together as what arrives does.
    static func expanded(_ request: HTTPRequest, _ format: CompressionFormat, maxBytes: Int) throws -> HTTPRequest {
        var isFirst = true
        var reader = try DecompressingReader(format, limits: .contentCoding(maxOutputBytes: maxBytes)) { block in
            guard isFirst else { return false }
            isFirst = false
            block = request.body
            return true
        }
        var output: [UInt8] = []
        var claimed = 0
        repeat {
            let needed = output.count + DecompressingReader.blockBytes
            if needed > output.capacity {
                let capacity = max(needed, 2 * output.count)
                try request.lease.claim(capacity - claimed)
                claimed = capacity
                output.reserveCapacity(capacity)
            }
        } while try reader.read(into: &output)
        return HTTPRequest(head: request.head, body: output, connection: request.connection, lease: request.lease)
    }
}
