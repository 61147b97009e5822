import Annealing
import Corpora
import Foundation
import RandomNumbers
import Sequences
import System
import Testing
import TestSupport
import TokenWeights
import Training
import Transformers

struct HeldOutLossTests {
    private func corpus(_ directory: TemporaryDirectory, domains: [String?]) throws -> Corpus {
        var random = SplitMix64(seed: 23)
        let writer = try TokenFileWriter(partialPath: directory.file("partial"))
        for index in 0..<30 {
            let ids = (0..<Int.random(in: 2...20, using: &random)).map { _ in Int32.random(in: 0..<48, using: &random) }
            try writer.append(Document(tokenIDs: ids, domain: domains[index % domains.count]))
        }
        try writer.finish(path: directory.file("tokens"), tokenizerFingerprint: "none", skipped: SkippedRecords())
        return Corpus(try TokenFile(directory.file("tokens")), sequenceLength: TinyRun.contextLength)
    }

    @Test func domainsAreToldApart() throws {
        let directory = try TemporaryDirectory()
        let corpus = try corpus(directory, domains: ["math", nil, "code"])
        let student = try TinyRun.student()
        let result = try HeldOutLoss(corpus, windowsPerForward: 3).evaluate(
            stop: StopFlag(), logProbs: student.logProbs)
        #expect(result.domains.map(\.domain) == ["code", "math"])

        // Naively: every document on its own.
        let tokens = corpus.sources[0].tokens
        var sums: [String: (loss: Double, count: Int)] = [:]
        for index in 0..<tokens.documentCount {
            let entry = tokens.entry(index)
            var ids: [Int32] = []
            try tokens.appendTokens(from: entry.tokenOffset, count: entry.tokenCount, to: &ids)
            let logProbs = try student.logProbs(PackedBatch(segments: [ids])).dropFirst()
            let loss = logProbs.reduce(0.0) { $0 - Double($1) }
            for name in ["all", tokens.domain(index) ?? "none"] {
                sums[name, default: (0, 0)].loss += loss
                sums[name, default: (0, 0)].count += logProbs.count
            }
        }
        let all = try #require(sums["all"])
        #expect(result.scoredTokens == all.count && abs(result.loss - all.loss / Double(all.count)) < 1e-12)
        for domain in result.domains {
            let expected = try #require(sums[domain.domain])
            #expect(domain.scoredTokens == expected.count)
            #expect(abs(domain.loss - expected.loss / Double(expected.count)) < 1e-12)
        }
    }

    @Test func withoutDomainsThereIsOneLoss() throws {
        let corpus = try corpus(TemporaryDirectory(), domains: [nil])
        let student = try TinyRun.student()
        let result = try HeldOutLoss(corpus, windowsPerForward: 3).evaluate(
            stop: StopFlag(), logProbs: student.logProbs)
        #expect(result.domains.isEmpty)
    }
}

struct RunLogTests {
    /// Names that users chose stay as they are, whatever the case of our own fields.
    @Test func whatIsLoggedIsReadBack() throws {
        let run = try TinyRun(steps: 1)
        var records = try run.run("run", teacher: ModelTeacher(seed: 9), heldOut: true).log
        for index in records.indices {
            if case .step(var record) = records[index] {
                record.sourceTokens = ["webText": 5, "code_v2": 7]
                record.zLoss = 0.1
                record.skipped = true
                records[index] = .step(record)
            }
        }
        let path = run.directory.file("log.jsonl")
        var log = try RunLog(path, keepingThrough: 0)
        for record in records { try log.append(record) }
        #expect(try RunLog.records(path) == records)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(
            text.contains(#""source_tokens":{"#) && text.contains(#""webText":5"#) && text.contains(#""z_loss":0.1"#))
    }

    /// A limit on the size of files stands in for a full disk.
    @Test func aLineThatWasWrittenInPartIsSaidWithItsReason() async throws {
        let directory = try TemporaryDirectory()
        await #expect(processExitsWith: .success) { [path = directory.file("log.jsonl") as String] in
            let record = try JSONDecoder().decode(
                LogRecord.self,
                from: Data(#"{"kind": "evaluation", "step": 1, "heldOutLoss": 0.5, "heldOutTokens": 9}"#.utf8))
            var log = try RunLog(path, keepingThrough: 0)
            limitFiles(to: 10)
            errno = 0
            let error = try #require(throws: TrainingError.self) { try log.append(record) }
            precondition("\(error)".contains("File too large"), "\(error)")
        }
        withExtendedLifetime(directory) {}
    }
}
