import Compression

/// The prompts of one file in its order; nothing but the current one is in memory.
///
/// A JSON line has the field `prompt`, a string; what stands beside it goes along as it is. Blank lines are skipped.
package struct PromptReader {
    private let file: CorpusFiles.File
    private let programs: RunningReaders

    /// - Parameter programs: read what is not read here; shared by the files of one command.
    package init(_ file: CorpusFiles.File, programs: RunningReaders) {
        self.file = file
        self.programs = programs
    }

    /// Hands the prompts to `body`, in the order of the file; a row that gives none as a failure. What `body` throws ends the reading.
    ///
    /// - Parameter onWait: called again and again while a program that reads the file gives nothing; what it throws ends the reading.
    /// - Throws: `CorpusError.unreadable` for a file that cannot be read or holds no lines of JSON, `.readerFailed`.
    package func forEach(
        onWait: () throws -> Void = {}, _ body: (Result<PromptRecord, PromptFault>) throws -> Void
    ) throws {
        switch file.format {
        case .jsonLines:
            let kind = Self.kind(file.path)
            try JSONLines(path: file.path, maxLineBytes: RecordReader.maxLineBytes).forEach { line, number in
                try body(
                    line.mapError { _ in
                        PromptFault(row: number, reason: "is in a line of over \(RecordReader.maxLineBytes) bytes")
                    }.flatMap { line in
                        Result { () throws(PromptFault) in
                            try PromptRecord(line: line, number: number, kind: kind)
                        }
                    })
            }
        case .program: try programs.forEachPrompt(file, onWait: onWait, body)
        case .plainText, .tokenArray, .megatron:
            throw CorpusError.unreadable(
                path: file.path,
                reason: "it holds no prompts: expected lines of JSON, each an object with a \"prompt\"")
        }
    }

    /// The end of the name, without that of a compression.
    private static func kind(_ path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        let packed = CompressionFormat(path: path)?.fileExtension.count ?? 0
        return name.dropLast(packed).split(separator: ".").dropFirst().last.map { $0.lowercased() } ?? "jsonl"
    }
}
