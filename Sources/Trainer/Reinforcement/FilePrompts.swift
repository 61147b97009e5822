import Corpora
import Digests
import RandomNumbers
import System

/// The prompts of JSON-lines files, or of what a program reads, each once an epoch. Every order of an epoch is as likely as any other.
package struct FilePrompts: PromptSource {
    /// A line that gives no prompt.
    package struct LeftOut: Sendable, Equatable {
        /// File that the line is in.
        package let file: String
        /// Number of the line in the file, from 1.
        package let line: Int
        /// Why the line gives no prompt, as the predicate of a sentence.
        package let reason: String
    }

    private let prompts: [PromptRecord]
    private let seed: UInt64
    /// The order of one epoch, kept until another is asked for.
    private let order = Locked((epoch: -1, places: [Int]()))
    /// SHA-256 of the prompts that are used and of all that the judge is told of them, in the order of the files, in hexadecimal.
    package let fingerprint: String
    /// Lines that give no prompt, in the order of the files; blank ones, which are passed over, are not among them.
    package let leftOut: [LeftOut]

    /// The files that a path stands for: a file, which holds lines of JSON whatever its name's end, all such files of a directory or a pattern,
    /// or what a program reads.
    ///
    /// - Throws: `CorpusError` where there is none; none is opened.
    package static func files(at path: String, readers: CorpusReaders = CorpusReaders()) throws -> CorpusFiles {
        try CorpusFiles([path], readers: readers, namedFormat: .jsonLines)
    }

    /// Reads all of the files' prompts.
    ///
    /// - Parameters:
    ///   - tokenizer: directory of the tokenizer, by whose chat template programs render messages.
    ///   - skipsBad: leaves lines out that give no prompt, instead of throwing at the first.
    ///   - onWait: called again and again while a program that reads gives nothing; what it throws ends the reading.
    ///   - fault: why a prompt cannot be used; nil where it can.
    /// - Throws: `ReinforcementError.badPrompt` with the line, `.noPrompts` where none is left; `CorpusError` for what cannot be read.
    package init(
        _ files: CorpusFiles, tokenizer: String? = nil, seed: UInt64, skipsBad: Bool = false,
        onWait: () throws -> Void = {}, fault: (PromptRecord) -> String? = { _ in nil }
    ) throws {
        var prompts: [PromptRecord] = []
        var leftOut: [LeftOut] = []
        var hasher = SHA256Hasher()
        let programs = RunningReaders(tokenizer: tokenizer)
        for file in files.files {
            try PromptReader(file, programs: programs).forEach(onWait: onWait) { found in
                let bad: PromptFault?
                switch found {
                case .success(let prompt):
                    bad = fault(prompt).map { PromptFault(row: prompt.row, reason: $0) }
                    if bad == nil {
                        prompts.append(prompt)
                        Self.hash(prompt, into: &hasher)
                    }
                case .failure(let fault): bad = fault
                }
                guard let bad else { return }
                guard skipsBad else {
                    throw ReinforcementError.badPrompt(path: file.path, line: bad.row, reason: bad.reason)
                }
                leftOut.append(LeftOut(file: file.path, line: bad.row, reason: bad.reason))
            }
        }
        guard !prompts.isEmpty else {
            throw ReinforcementError.noPrompts(
                path: files.files.map(\.path).joined(separator: ", "),
                firstFault: leftOut.first.map { "line \($0.line): \($0.reason)" })
        }
        self.prompts = prompts
        self.leftOut = leftOut
        self.seed = seed
        fingerprint = hasher.finalize().hex
    }

    /// No prompt is empty, so that an empty field tells the parts of one from the next.
    private static func hash(_ prompt: PromptRecord, into hasher: inout SHA256Hasher) {
        hasher.update(field: prompt.text)
        if let fields = prompt.fields {
            hasher.update(field: "")
            hasher.update(field: String(decoding: fields, as: UTF8.self))
        }
        if let ids = prompt.tokenIDs {
            hasher.update(field: "")
            hasher.update(field: ids.map(String.init).joined(separator: ","))
        }
    }

    /// Prompts that are used: an epoch has each of them once.
    package var count: Int { prompts.count }

    /// Prompt at a place of the endless list, `index / count` being the epoch. The order of an epoch is a function of the seed and
    /// its number.
    ///
    /// Complexity: that of a permutation where the epoch is another one than at the last call, else constant.
    package func prompt(at index: Int) -> PromptRecord {
        let (epoch, place) = index.quotientAndRemainder(dividingBy: prompts.count)
        return order.withLock { order in
            if order.epoch != epoch {
                var random = SplitMix64(seed: SplitMix64.mix(seed, UInt64(epoch)))
                order = (epoch, random.permutation(of: prompts.count))
            }
            return prompts[order.places[place]]
        }
    }
}
