import Dispatch
import Foundation

/// Encodes records on several threads, a batch at a time, and hands the documents on in the order of the records. A line that is no record
/// has its place among them, so that what comes first is told first.
struct RecordEncoder {
    private static let batchRecords = 512
    private static let batchBytes = 4 << 20

    let encoder: DocumentEncoder
    private var batch: [Result<TextRecord, CorpusError>] = []
    private var bytes = 0

    init(_ encoder: DocumentEncoder) { self.encoder = encoder }

    mutating func append(
        _ record: Result<TextRecord, CorpusError>, _ body: (Result<Document, CorpusError>) throws -> Void
    ) throws {
        batch.append(record)
        bytes += (try? record.get().byteCount) ?? 0
        if batch.count >= Self.batchRecords || bytes >= Self.batchBytes { try flush(body) }
    }

    mutating func flush(_ body: (Result<Document, CorpusError>) throws -> Void) throws {
        let results = encodeAll()
        batch.removeAll(keepingCapacity: true)
        bytes = 0
        for result in results { try body(result) }
    }

    private func encodeAll() -> [Result<Document, CorpusError>] {
        [Result<Document, CorpusError>](unsafeUninitializedCapacity: batch.count) { results, count in
            nonisolated(unsafe) let results = results
            let (batch, encoder) = (batch, encoder)
            // Each iteration initializes its own element.
            DispatchQueue.concurrentPerform(iterations: batch.count) { index in
                results.initializeElement(at: index, to: encoder.result(batch[index]))
            }
            count = batch.count
        }
    }
}

extension DocumentEncoder {
    fileprivate func result(_ record: Result<TextRecord, CorpusError>) -> Result<Document, CorpusError> {
        Result { () throws(CorpusError) in try document(record.get()) }
    }
}
