import ArgumentParser
import Corpora
import RunFiles
import TokenWeights

extension TrainingPlan {
    /// What can be told from the command line alone, before anything is read.
    func validate() throws {
        guard !data.corpus.isEmpty || data.mix != nil else {
            throw ValidationError("Missing expected argument '--corpus <path>' or '--mix <file>'")
        }
        guard data.corpus.isEmpty || data.mix == nil else { throw ValidationError("give --corpus or --mix, not both") }
        guard optimizer.steps == nil || optimizer.epochs == nil else {
            throw ValidationError("give --steps or --epochs, not both")
        }
        guard mix?.phases.isEmpty ?? true || (optimizer.steps == nil && optimizer.epochs == nil) else {
            throw ValidationError("the phases of --mix say how long the run is: leave --steps and --epochs out")
        }
        try validateHeldOut()
        let weighting = try weighting()
        guard teacher.server.isEmpty || teacher.logprobsFrom == nil else {
            throw ValidationError("give --server or --logprobs-from, not both")
        }
        guard !teacher.spread || teacher.server.count > 1 else {
            throw ValidationError("--spread needs more than one --server to spread over")
        }
        guard teacher.hedgeAfter == nil || teacher.server.count > 1 else {
            throw ValidationError("--hedge-after needs a second --server to ask")
        }
        guard teacher.logprobsFrom == nil || teacher.weightsAt == .trainer else {
            throw ValidationError("--weights-at server needs a --server; files hold log-probs, not weights")
        }
        guard teacher.logprobsFrom == nil || data.attention == .document else {
            throw ValidationError(
                "--attention window needs a --server: files hold log-probs of segments, and with it they belong to windows"
            )
        }
        try validateTeachers()
        try validateDistillation()
        guard teacher.weights.program != "" else {
            throw ValidationError("--weighting program= lacks its command, as in --weighting program='python3 w.py'")
        }
        guard teacher.weights.program == nil || teacher.weightsAt == .trainer else {
            throw ValidationError("--weighting program=... needs --weights-at trainer: the program runs here")
        }
        guard !weighting.needsTeacher || !teacher.server.isEmpty || teacher.logprobsFrom != nil else {
            throw ValidationError(
                "--weighting \(weighting.name) needs a teacher: give --server URL or --logprobs-from DIR, or --weighting ntp for plain "
                    + "next-token loss")
        }
    }

    private func validateHeldOut() throws {
        let asking = [
            ("--keep-best", data.keepBest), ("--stop-after-worse", data.stopAfterWorse != nil),
            ("--eval-every", data.evalEvery > 0),
        ]
        for (flag, isGiven) in asking where isGiven && data.evalCorpus.isEmpty {
            throw ValidationError("\(flag) goes by the held-out loss: give --eval-corpus FILE")
        }
        guard data.stopAfterWorse == nil || data.evalEvery > 0 else {
            throw ValidationError("--stop-after-worse goes by held-out losses on the way: give --eval-every STEPS")
        }
    }

    private func validateTeachers() throws {
        let domains = teacher.domainTeachers.map(\.domain)
        guard teacher.teacher.count - domains.count <= 1 else {
            throw ValidationError(
                "give one --teacher NAME for all documents; another teaches a domain of its own: --teacher DOMAIN=NAME")
        }
        for (index, domain) in domains.enumerated() where domains[..<index].contains(domain) {
            throw ValidationError("--teacher \(domain)=... is given twice; a domain has one teacher")
        }
        guard let domain = domains.first else {
            guard teacher.mainTeacher == nil || !teacher.server.isEmpty else {
                throw ValidationError(
                    "--teacher chooses among the teachers of a server: give --server URL, or leave it out")
            }
            return
        }
        let flag = "--teacher \(domain)=..."
        guard teacher.logprobsFrom == nil else {
            throw ValidationError("\(flag) needs a --server: files hold the log-probs of one teacher")
        }
        guard !teacher.server.isEmpty else { throw ValidationError("\(flag) needs a --server that has this teacher") }
        guard teacher.weightsAt == .trainer else {
            throw ValidationError("\(flag) needs --weights-at trainer: a server knows one teacher at a time")
        }
        guard data.attention == .document else {
            throw ValidationError(
                "\(flag) needs --attention document: with attention over the window documents of two domains are read as one"
            )
        }
    }

    private func validateDistillation() throws {
        let name = "--objective \(teacher.objective.rawValue)"
        let isOwnOfKD = [
            ("--kd-top-k", teacher.kdTopK != nil), ("--kd-weight", teacher.kdWeight != nil),
            ("--kd-divergence", teacher.kdDivergence != nil), ("--kd-temperature", teacher.kdTemperature != nil),
        ]
        for (flag, isGiven) in isOwnOfKD where isGiven && teacher.objective == .weighted {
            throw ValidationError("\(flag) is of distillation: give --objective kd or switch-kd, or leave it out")
        }
        guard teacher.kdQuantile == nil || teacher.objective == .switchKD else {
            throw ValidationError(
                "--kd-quantile chooses the tokens of --objective switch-kd: \(name) distils all of them")
        }
        guard teacher.objective != .weighted else { return }
        guard teacher.objective != .switchKD || teacher.kdWeight ?? 1 == 1 else {
            throw ValidationError("--objective switch-kd gives each token one loss: leave --kd-weight out")
        }
        guard teacher.logprobsFrom == nil else {
            throw ValidationError(
                "\(name) needs a --server: files hold the log-prob of each token, not the teacher's distribution"
            )
        }
        guard !teacher.server.isEmpty else {
            throw ValidationError("\(name) needs a teacher: give --server URL")
        }
        guard teacher.weightsAt == .trainer else {
            throw ValidationError("\(name) has no token weights: leave --weights-at out")
        }
        guard ["remit", "ntp"].contains(teacher.weights.weighting) else {
            throw ValidationError("\(name) has no token weights: leave --weighting out")
        }
        if let flag = teacher.weights.options.given {
            throw ValidationError("\(name) has no token weights: leave \(flag) out")
        }
    }
}
