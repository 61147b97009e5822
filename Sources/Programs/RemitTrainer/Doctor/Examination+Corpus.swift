import Annealing
import Checkpoints
import CommandLines
import Corpora
import Examinations
import Formats
import RunFiles
import System
import TeacherLinks
import TokenWeights
import Training

/// Samples of what is trained on and of what is held out.
extension Examination {
    func readSample(
        _ text: TextSide, length: Int, directory: String, _ weighting: (any TokenWeighting)?,
        _ findings: inout Findings
    ) throws -> CorpusSample {
        terminal.status("reading a sample of the corpus")
        let sample = try CorpusSample(
            corpusSources(), text: text, sequenceLength: length, attention: arguments.data.attention,
            tokens: sampleTokens, directory: directory, stop: stop)
        for remark in sample.remarks { findings.add(.doubtful, "corpus", remark) }
        try text.unreadable.check(sample.corpus, terminal, stop)
        if let first = sample.firstBadLine {
            findings.add(
                arguments.data.records.skipBadLines ? .doubtful : .wrong, "corpus",
                "\(sample.badLines) bad lines in the sample, the first: \(first)")
        }
        let total = sample.estimatedTokens.map {
            (sample.isWhole ? "" : "about ") + Format.count(Double($0)) + " tokens"
        }
        let epoch = try epochTokens(sample).map { "; an epoch of the mix about " + Format.count(Double($0)) }
        findings.add(
            .fine, "corpus",
            (total ?? "size unknown (compressed, or read by a program)") + (epoch ?? "")
                + "; \(sample.documents) documents of it read")
        if let weighting {
            try DomainCheck(weighting).check(sample.corpus) { try sample.corpusHolds(domain: $0, stop: stop) }
        }
        try DomainTeachers.check(arguments.teacher.domainTeachers.map(\.domain), sample.corpus) {
            try sample.corpusHolds(domain: $0, stop: stop)
        }
        return sample
    }

    /// Of an epoch of the mix, or of all its phases; nil without a mix, and where they cannot be told.
    func epochTokens(_ sample: CorpusSample) throws -> Int? {
        try plan.mix.flatMap { $0.phases.isEmpty ? sample.epochTokens : $0.phases.reduce(0) { $0 + $1.tokens } }
    }

    private func corpusSources() throws -> [CorpusSample.Source] {
        let fields = arguments.data.records.fields
        guard let mix = try plan.mix else {
            let files = try CorpusFiles(arguments.data.corpus, readers: fields.readers)
            return [CorpusSample.Source(name: "corpus", files: files, fields: fields)]
        }
        return try mix.sources.map { source in
            let files = try CorpusFiles(source.paths, readers: fields.readers)
            var fields = fields
            fields.text = source.textField ?? fields.text
            return CorpusSample.Source(
                name: source.name, files: files, fields: fields, weight: source.weight, repeats: source.repeat)
        }
    }

    /// Its files, and which of them are trained on.
    func examineHeldOut(_ findings: inout Findings) throws {
        let files = try CorpusFiles(arguments.data.evalCorpus, readers: arguments.data.records.fields.readers)
        for remark in files.remarks(isHeldOut: true) { findings.add(.doubtful, "held-out", remark) }
        for source in try corpusSources() {
            for path in files.shared(with: source.files) {
                findings.add(.doubtful, "held-out", "\(path) is trained on too: its loss is not a held-out one")
            }
        }
    }

    /// Enough of it to know how many tokens the whole has.
    func heldOutSample(_ text: TextSide, length: Int, directory: String) throws -> CorpusSample {
        try Directory.create(directory)
        let source = CorpusSample.Source(
            name: "held-out",
            files: try CorpusFiles(arguments.data.evalCorpus, readers: arguments.data.records.fields.readers),
            fields: arguments.data.records.fields)
        return try CorpusSample(
            [source], text: text, sequenceLength: length, attention: .document, tokens: sampleTokens,
            directory: directory, stop: stop)
    }
}
