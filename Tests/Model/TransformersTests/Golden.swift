import Checkpoints
import Foundation
import Sequences
import Transformers

/// A tiny random checkpoint and what transformers makes of it in float64, written by scripts/goldens/model_*.py.
struct Golden: Sendable {
    let name: String
    let checkpoint: Checkpoint
    let batch: PackedBatch
    let weights: [Float]  // [N], 0 at segment starts
    let logProbs: [Double]  // [N], 0 at segment starts
    let losses: [Double]  // [10]
    private let file: SafetensorsFile

    /// Every golden there is.
    static let names: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: root)
        return (names ?? []).filter { FileManager.default.fileExists(atPath: "\(root)/\($0)/golden.safetensors") }
            .sorted()
    }()

    fileprivate static var root: String {
        (Bundle.module.resourceURL ?? Bundle.module.bundleURL).appendingPathComponent("Goldens").path
    }

    init(_ name: String) throws {
        self.name = name
        checkpoint = try Checkpoint(directory: "\(Golden.root)/\(name)")
        file = try SafetensorsFile(path: "\(Golden.root)/\(name)/golden.safetensors")
        let ids: [Int32] = try Golden.values(file, "token_ids")
        let starts: [Int32] = try Golden.values(file, "segment_starts")
        batch = PackedBatch(tokenIDs: ids, segments: try Spans(boundaries: starts.map(Int.init)))
        weights = try Golden.values(file, "weights")
        logProbs = try Golden.values(file, "log_probs")
        losses = try Golden.values(file, "losses")
    }

    /// Of scripts/goldens/top_k.py.
    func topK() throws -> (k: Int, tokenIDs: [Int32], logProbs: [Double]) {
        let file = try SafetensorsFile(path: "\(Golden.root)/\(name)/top_k.safetensors")
        let ids: [Int32] = try Golden.values(file, "topk_token_ids")
        return (ids.count / batch.tokenCount, ids, try Golden.values(file, "topk_logprobs"))
    }

    /// Normalizers and entropies at each temperature. [temperatures][N]
    func tempered() throws -> (temperatures: [Double], logSumExps: [[Double]], entropies: [[Double]]) {
        let file = try SafetensorsFile(path: "\(Golden.root)/\(name)/tempered.safetensors")
        let temperatures: [Double] = try Golden.values(file, "temperatures")
        func rows(_ name: String) throws -> [[Double]] {
            let values: [Double] = try Golden.values(file, name)
            return temperatures.indices.map {
                Array(values[$0 * batch.tokenCount..<($0 + 1) * batch.tokenCount])
            }
        }
        return (temperatures, try rows("logsumexp"), try rows("entropy"))
    }

    func gradient(_ parameter: String) throws -> [Float] { try Golden.values(file, "gradient." + parameter) }

    var gradientNames: Set<String> {
        Set(file.header.entries.compactMap { $0.name.hasPrefix("gradient.") ? String($0.name.dropFirst(9)) : nil })
    }

    /// Positions that are scored: all but the first of each segment.
    var scored: [Int] {
        batch.segments.flatMap { $0.dropFirst() }
    }

    fileprivate static func values<Element>(_ file: SafetensorsFile, _ name: String) throws -> [Element] {
        guard let entry = file.entry(name) else { throw GoldenError.missing(name) }
        return try file.withBytes(of: entry) { bytes in
            let size = MemoryLayout<Element>.stride
            return (0..<bytes.count / size).map { bytes.loadUnaligned(fromByteOffset: $0 * size, as: Element.self) }
        }
    }

    enum GoldenError: Error { case missing(String) }
}

/// A tiny random checkpoint on long segments, written by scripts/goldens/model_long.py.
struct LongGolden: Sendable {
    static let names = ["long-yarn", "long-window", "long-latent"]

    let checkpoint: Checkpoint
    let tokenIDs: [Int32]
    /// Some of the positions, and the log-probs there.
    let positions: [Int]
    let logProbs: [Double]
    /// A token and its log-prob at every position but the first where it alone is repeated.
    let repeatedToken: Int32
    let repeatedLogProb: Double

    init(_ name: String) throws {
        checkpoint = try Checkpoint(directory: "\(Golden.root)/\(name)")
        let file = try SafetensorsFile(path: "\(Golden.root)/\(name)/long.safetensors")
        tokenIDs = (try Golden.values(file, "token_ids") as [UInt8]).map(Int32.init)
        positions = (try Golden.values(file, "positions") as [Int32]).map(Int.init)
        logProbs = try Golden.values(file, "log_probs")
        repeatedToken = (try Golden.values(file, "repeated_token") as [Int32])[0]
        repeatedLogProb = (try Golden.values(file, "repeated_log_prob") as [Double])[0]
    }
}
