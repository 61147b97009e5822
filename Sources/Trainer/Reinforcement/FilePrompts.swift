import Corpora
import Digests
import Foundation
import JSONValues
import RandomNumbers
import System
import Training

/// The prompts of a JSON-lines file, each once an epoch. Every order of an epoch is as likely as any other.
package struct FilePrompts: PromptSource {
    /// A line that gives no prompt.
    package struct LeftOut: Sendable, Equatable {
        /// Number of the line in the file, from 1.
        package let line: Int
        /// Why the line gives no prompt, as the predicate of a sentence.
        package let reason: String
    }

    private let prompts: [String]
    private let seed: UInt64
    /// The order of one epoch, kept until another is asked for.
    private let order = Locked((epoch: -1, places: [Int]()))
    /// SHA-256 of the prompts that are used, in the order of the file, in hexadecimal.
    package let fingerprint: String
    /// Lines that give no prompt, in the order of the file; blank ones, which are passed over, are not among them.
    package let leftOut: [LeftOut]

    /// Reads all of a file of JSON objects with the field `prompt`, one a line.
    ///
    /// - Parameters:
    ///   - skipsBad: leaves lines out that give no prompt, instead of throwing at the first.
    ///   - fault: why a prompt cannot be used; nil where it can.
    /// - Throws: `ReinforcementError.badPrompt` with the line, `.noPrompts` where none is left; `TrainingError.fileFailed`.
    package init(
        contentsOf path: String, seed: UInt64, skipsBad: Bool = false, fault: (String) -> String? = { _ in nil }
    ) throws {
        var contents: [UInt8]
        do {
            contents = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw TrainingError.fileFailed(path: path, reason: "cannot be read: \(error.localizedDescription)")
        }
        try FileHead.beginText(&contents, file: path)
        var prompts: [String] = []
        var leftOut: [LeftOut] = []
        var hasher = SHA256Hasher()
        for (index, line) in contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        where !line.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) {
            let prompt = Self.prompt(line)
            if let reason = prompt.map(fault) ?? "is not there: expected an object with a \"prompt\" that is not empty"
            {
                guard skipsBad else { throw ReinforcementError.badPrompt(path: path, line: index + 1, reason: reason) }
                leftOut.append(LeftOut(line: index + 1, reason: reason))
            } else if let prompt {
                prompts.append(prompt)
                hasher.update(field: prompt)
            }
        }
        guard !prompts.isEmpty else {
            throw ReinforcementError.noPrompts(
                path: path, firstFault: leftOut.first.map { "line \($0.line): \($0.reason)" })
        }
        self.prompts = prompts
        self.leftOut = leftOut
        self.seed = seed
        fingerprint = hasher.finalize().hex
    }

    /// Prompts that are used: an epoch has each of them once.
    package var count: Int { prompts.count }

    /// Prompt at a place of the endless list, `index / count` being the epoch. The order of an epoch is a function of the seed and
    /// its number.
    ///
    /// Complexity: that of a permutation where the epoch is another one than at the last call, else constant.
    package func prompt(at index: Int) -> String {
        let (epoch, place) = index.quotientAndRemainder(dividingBy: prompts.count)
        return order.withLock { order in
            if order.epoch != epoch {
                var random = SplitMix64(seed: SplitMix64.mix(seed, UInt64(epoch)))
                order = (epoch, random.permutation(of: prompts.count))
            }
            return prompts[order.places[place]]
        }
    }

    private static func prompt(_ line: ArraySlice<UInt8>) -> String? {
        guard case .object(let object)? = try? JSONValue(parsing: Array(line)),
            case .string(let prompt)? = object[key: "prompt"], !prompt.isEmpty
        else { return nil }
        return prompt
    }
}
