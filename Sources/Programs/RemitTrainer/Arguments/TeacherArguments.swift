import Annealing
import ArgumentParser
import CommandLines
import ScoringClient
import Sequences
import TeacherLinks
import Transformers

/// Where the teacher is and what is made of its log-probs.
struct TeacherArguments: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "URL of a remit-server; more than one are tried in turn, or share the work with --spread.", valueName: "url"
        ))
    var server: [String] = []

    @Option(
        help: ArgumentHelp(
            "Instead of a server: the teacher's log-probs in files, as remit-server score writes them: a side-car's directory, a file "
                + "TOKENS.scores, or a directory of such.", valueName: "path"), completion: .file())
    var logprobsFrom: String?

    @Option(
        help: ArgumentHelp("File whose first line is the server's API key.", valueName: "file"), completion: .file())
    var apiKeyFile: String?

    @Option(help: ArgumentHelp("CA certificates to trust for https (PEM).", valueName: "file"), completion: .file())
    var caFile: String?

    @Option(
        help: ArgumentHelp(
            "Which of the servers' teachers (default: their default); DOMAIN=NAME for the documents of one domain, repeatable.",
            discussion:
                "A teacher of one domain reads the documents of that domain alone (its record's \"domain\", or in a --mix the source's "
                + "name), the other teacher all others. Each is asked at those servers that have it. A name that holds a = is given by "
                + "its model fingerprint.", valueName: "name"), transform: TeacherChoice.init(written:))
    var teacher: [TeacherChoice] = []

    @Option(
        help: ArgumentHelp(
            "weighted (next-token loss, each token weighted by --weighting), kd (knowledge distillation) or switch-kd.",
            discussion:
                "kd minimizes the divergence from the teacher's distribution at each token, KL(teacher || student), over the "
                + "teacher's likeliest tokens and one bucket of all others. switch-kd does so at the tokens of which the teacher is surest, by the "
                + "entropy of its distribution, and has next-token loss at all others. Neither has token weights.",
            valueName: "name"))
    var objective = Objective.weighted

    @Option(
        in: 1...1_048_576,
        help: ArgumentHelp(
            "kd, switch-kd: how many of the teacher's likeliest tokens (default: \(DistillationOptions().topK)).",
            valueName: "tokens"))
    var kdTopK: Int?

    @Option(
        in: AboveZero(to: 1),
        help: ArgumentHelp(
            "kd: a in the loss (1 - a) * next-token loss + a * divergence, above 0, at most 1 (default: "
                + "\(DistillationOptions().weight.written)).", valueName: "number"))
    var kdWeight: Double?

    @Option(
        help: ArgumentHelp(
            "kd, switch-kd: forward, KL(teacher || student), or reverse, KL(student || teacher) (default: forward, of switch-kd reverse).",
            valueName: "direction"))
    var kdDivergence: Divergence.Direction?

    @Option(
        in: TemperedScores.temperatures,
        help: ArgumentHelp(
            "kd, switch-kd: T, by which logits of both are divided; the divergence counts T^2 times (default: 1, of switch-kd 2).",
            valueName: "number"))
    var kdTemperature: Double?

    @Option(
        in: AboveZero(to: 1),
        help: ArgumentHelp(
            "switch-kd: the share of a step's tokens, those of least entropy under the teacher, that are distilled (default: 0.2).",
            valueName: "share"))
    var kdQuantile: Double?

    @OptionGroup var weights: WeightingArguments

    @Option(
        in: ArgumentRanges.times,
        help: ArgumentHelp(
            "How long the program of --weighting program=COMMAND may take for the weights of a micro-batch.",
            valueName: "time"))
    var weightingTimeout = TimeSpan(.seconds(300))

    @Option(
        help: ArgumentHelp(
            "What the loss is divided by: tokens (the method), or weights (their sum: every step has mean weight 1).",
            valueName: "name"))
    var normalizer = LossNormalizer.tokens

    @Option(help: ArgumentHelp("The domain that the control 'domain' raises.", valueName: "name"))
    var raisedDomain = "reasoning"

    @Option(help: ArgumentHelp("Who computes the weights: trainer or server. The same bits.", valueName: "place"))
    var weightsAt = WeightsPlace.trainer

    @Option(in: 0...1024, help: ArgumentHelp("Steps for which the teacher is asked ahead.", valueName: "steps"))
    var prefetch = 4

    @Option(
        help: ArgumentHelp(
            "Where no server answers: wait for ever, abort (save and stop), or ntp (plain next-token steps until one does).",
            valueName: "what"))
    var onOutage = OutagePolicy.wait

    @Option(
        in: ArgumentRanges.times,
        help: ArgumentHelp(
            "How long no server answers until --on-outage abort or ntp takes hold.",
            discussion:
                "A server that is silent for so long is asked for /health: one that answers that is at work, and waited for. In an outage "
                + "a silent server is tried again now and then, for 4 s.", valueName: "time"))
    var outageAfter = TimeSpan(.seconds(300))

    @Option(
        in: ArgumentRanges.times,
        help: ArgumentHelp(
            "Ask a second --server where the first has not answered for so long (default: never).", valueName: "time"))
    var hedgeAfter: TimeSpan?

    @Flag(
        help:
            "Give each --server a part of every step, all at the same time (default: one is asked, the others stand by)."
    )
    var spread = false

    @Flag(
        help:
            "Accept answers whose scores fingerprint differs from the first one's; remit.json names each of them under changes."
    )
    var allowMixedScores = false

    @Flag(
        help:
            "Resume with another teacher than the run had; remit.json names both. The same teacher's scores must be those that it had."
    )
    var allowTeacherChange = false
}

enum Objective: String, CaseIterable, ExpressibleByArgument {
    case weighted, kd
    case switchKD = "switch-kd"
}

extension Divergence.Direction: ExpressibleByArgument {}

enum WeightsPlace: String, CaseIterable, ExpressibleByArgument {
    case trainer, server
}

extension LossNormalizer: ExpressibleByArgument {}
extension OutagePolicy: ExpressibleByArgument {}

extension TeacherArguments {
    /// Name or model fingerprint of the teacher of all documents, or of those without one of their own; nil: the servers' default.
    var mainTeacher: String? { teacher.first { $0.domain == nil }?.name }

    /// The teachers of one domain each.
    var domainTeachers: [(domain: String, name: String)] {
        teacher.compactMap { choice in choice.domain.map { ($0, choice.name) } }
    }

    /// What a run distils; nil where its objective is another.
    var distillation: DistillationOptions? {
        func divergence(_ direction: Divergence.Direction, _ temperature: Double) -> Divergence {
            Divergence(kdDivergence ?? direction, temperature: kdTemperature ?? temperature)
        }
        let topK = kdTopK ?? DistillationOptions().topK
        let weight = kdWeight ?? DistillationOptions().weight
        return switch objective {
        case .weighted: nil
        case .kd: DistillationOptions(topK: topK, weight: weight, divergence: divergence(.forward, 1))
        case .switchKD:
            DistillationOptions(
                topK: topK, weight: weight, divergence: divergence(.reverse, 2), switchQuantile: kdQuantile ?? 0.2)
        }
    }

    /// How a run is joined to its servers.
    var links: TeacherLinkOptions {
        TeacherLinkOptions(
            onOutage: onOutage, outageAfter: outageAfter.duration, allowMixedScores: allowMixedScores)
    }

    /// A client of some of the servers, or of all.
    ///
    /// - Throws: as `ScoringClient.init` does.
    func client(of servers: [String]? = nil) throws -> ScoringClient {
        try ScoringClient(
            servers: servers ?? server, apiKeyFile: apiKeyFile, caFile: caFile, hedgeAfter: hedgeAfter?.duration,
            spreads: spread)
    }
}
