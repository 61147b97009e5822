import Annealing
import Corpora
import Digests
import Foundation
import RandomNumbers

/// The prompts of a JSON-lines file, each once an epoch in an order of its own.
package struct FilePrompts: PromptSource {
    private let prompts: [String]
    private let seed: UInt64
    package let fingerprint: String

    package init(contentsOf path: String, seed: UInt64) throws {
        var contents: [UInt8]
        do {
            contents = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw AnnealingError.fileFailed(path: path, reason: "cannot be read: \(error.localizedDescription)")
        }
        try FileHead.beginText(&contents, file: path)
        var prompts: [String] = []
        var hasher = SHA256Hasher()
        for (index, line) in contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        where !line.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) {
            guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
                let prompt = object["prompt"] as? String, !prompt.isEmpty
            else {
                throw ReinforcementError.badPrompt(
                    path: path, line: index + 1, reason: "expected an object with a \"prompt\" that is not empty")
            }
            prompts.append(prompt)
            hasher.update(field: prompt)
        }
        guard !prompts.isEmpty else { throw ReinforcementError.noPrompts(path: path) }
        self.prompts = prompts
        self.seed = seed
        fingerprint = hasher.finalize().hex
    }

    package func prompt(at index: Int) -> String {
        let (epoch, place) = index.quotientAndRemainder(dividingBy: prompts.count)
        return prompts[Self.permuted(place, of: prompts.count, key: SplitMix64.mix(seed, UInt64(epoch)))]
    }

    /// A permutation of 0 ..< count without a table: a Feistel network over the next power of four, walked until it lands inside.
    private static func permuted(_ place: Int, of count: Int, key: UInt64) -> Int {
        var bits = 1
        while 1 << (2 * bits) < count { bits += 1 }
        let mask = UInt64(1) << UInt64(bits) - 1
        var value = UInt64(place)
        repeat {
            var (left, right) = (value >> UInt64(bits), value & mask)
            for round in 0..<4 as Range<UInt64> {
                (left, right) = (right, left ^ (SplitMix64.mix(key, round, right) & mask))
            }
            value = left << UInt64(bits) | right
        } while value >= UInt64(count)
        return Int(value)
    }
}
