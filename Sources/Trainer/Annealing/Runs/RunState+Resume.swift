import TokenWeights
import Training

/// Changes that are accepted when a run is resumed. With one the result is no longer that of an undisturbed run, and the run says so.
package struct ResumePermissions: Sendable, Equatable {
    /// Another CPU kernel path, or another version of the program's arithmetic: the last bits differ.
    package var numericsChange = false
    /// Another teacher model. The scores fingerprint of the first one's answers is forgotten.
    package var teacherChange = false
    /// Other scores of the same teacher: another precision, program version or CPU computes them now.
    package var scoresChange = false
    /// Another corpus, other domains of its documents, or another held-out corpus: the run goes on at the same epoch and window of the new corpus's order.
    package var corpusChange = false
    /// Another schedule: peak, shape, warmup or final fraction of the learning rate. The steps that are left have its rates.
    package var learningRateChange = false

    package init() {}
}

extension RunState {
    /// The state with which a run that would begin as `now` continues this one, each accepted change noted in it.
    ///
    /// - Throws: `TrainingError.changedOnResume` for any option that differs, and for an input, a teacher's scores, kernel path or numerics
    ///   version that differ and may not.
    package func resumed(by now: RunState, permitting permissions: ResumePermissions) throws -> RunState {
        var resumed = self
        for (field, was, value) in try ResumeCheck.differences(options, now.options) {
            guard field.hasPrefix("schedule."), permissions.learningRateChange else {
                throw TrainingError.changedOnResume(
                    what: "the option \(field)", was: was, now: value, hint: Self.hint(option: field, was: was))
            }
            resumed.changes.append(InputChange(step: step, what: field, was: was, now: value))
        }
        resumed.options.schedule = now.options.schedule
        for (field, was, now) in try ResumeCheck.differences(inputs, now.inputs) {
            // Without a server all its steps were of plain next-token loss: it has had no other teacher. A program weighs without one too.
            if field == "teacher", inputs.teacher == nil, options.weighting.name != ProgramWeighting.name { continue }
            // The options are the same: that of a state of before it was kept is not known.
            if field == "domains", inputs.domains == nil { continue }
            if field == "padding", inputs.padding == nil { continue }
            if field.hasPrefix(Self.domainTeacher), was == RunInputs.unanswered { continue }
            let (isPermitted, hint) = permissions.of(field)
            guard isPermitted else {
                throw TrainingError.changedOnResume(
                    what: Self.name(ofInput: field), was: was, now: now, hint: hint)
            }
            resumed.changes.append(InputChange(step: step, what: field, was: was, now: now))
        }
        if inputs.teacher != now.inputs.teacher { resumed.scoresFingerprint = nil }
        resumed.domainScoresFingerprints = domainScoresFingerprints?.filter { domain, _ in
            inputs.domainTeachers?[domain] == now.inputs.domainTeachers?[domain]
        }
        // A loss of another held-out corpus says nothing of those to come.
        if inputs.evaluationCorpus != now.inputs.evaluationCorpus { resumed.lowestHeldOutLoss = nil }
        resumed.inputs = now.inputs
        let changeCount = resumed.changes.count
        resumed.take(scores: now.scoresFingerprint, ofDomains: now.domainScoresFingerprints)
        if let change = resumed.changes.dropFirst(changeCount).first, !permissions.scoresChange {
            throw TrainingError.changedOnResume(
                what: "the \(change.what) of the teacher's answers", was: change.was, now: change.now,
                hint: "The last bits of its log-probs would differ; --allow-mixed-scores accepts that")
        }
        if kernelPath != now.kernelPath {
            try ResumeCheck.kernelPath(
                kernelPath, now.kernelPath, allowNumericsChange: permissions.numericsChange)
            resumed.changes.append(
                InputChange(step: step, what: "kernelPath", was: kernelPath, now: now.kernelPath))
            resumed.kernelPath = now.kernelPath
        }
        let (version, own) = (String(numericsVersion ?? 1), String(now.numericsVersion ?? 1))
        try ResumeCheck.numericsVersion(version, own, allowNumericsChange: permissions.numericsChange)
        if version != own {
            resumed.changes.append(InputChange(step: step, what: "numericsVersion", was: version, now: own))
            resumed.numericsVersion = now.numericsVersion
        }
        return resumed
    }

    /// Takes the scores fingerprints that the teachers' answers have now. One that was another before is a change; nil is not known yet.
    mutating func take(scores: String?, ofDomains domains: [String: String]?) {
        func note(_ what: String, _ was: String?, _ now: String?) {
            guard let was, let now, was != now else { return }
            changes.append(InputChange(step: step, what: what, was: was, now: now))
        }
        for (domain, now) in (domains ?? [:]).sorted(by: { $0.key < $1.key }) {
            note("\(Self.scores).\(domain)", domainScoresFingerprints?[domain], now)
        }
        note(Self.scores, scoresFingerprint, scores)
        scoresFingerprint = scores ?? scoresFingerprint
        domainScoresFingerprints =
            domains.map { (domainScoresFingerprints ?? [:]).merging($0) { $1 } } ?? domainScoresFingerprints
    }

    /// Takes note of scores fingerprints of answers that are mixed with those of `take`: each is a change, once in a run.
    ///
    /// - Parameter step: steps that were done before the first of them was used, or some fewer where answers are pulled ahead.
    mutating func note(otherScores: [String], ofDomains domains: [String: [String]], after step: Int) {
        func note(_ what: String, _ was: String?, _ others: [String]) {
            guard let was else { return }
            for now in others
            where now != was && !changes.contains(where: { $0.what == what && $0.now == now }) {
                changes.append(InputChange(step: step, what: what, was: was, now: now))
            }
        }
        for (domain, others) in domains.sorted(by: { $0.key < $1.key }) {
            note("\(Self.scores).\(domain)", domainScoresFingerprints?[domain], others)
        }
        note(Self.scores, scoresFingerprint, otherScores)
    }

    private static let scores = "scoresFingerprint"
    fileprivate static let domainTeacher = "domainTeachers."

    private static func name(ofInput field: String) -> String {
        guard field.hasPrefix(domainTeacher) else { return ResumeCheck.name(ofInput: field) }
        return ResumeCheck.name(ofInput: "teacher of \(field.dropFirst(domainTeacher.count))")
    }

    private static func hint(option: String, was: String) -> String {
        if option == "totalSteps" { return "--steps \(was) keeps them (with --epochs they are counted anew)" }
        if option.hasPrefix("schedule.") { return ResumeCheck.learningRateHint }
        return "Give the options of the first run, or start another --out"
    }
}

extension ResumePermissions {
    /// For a field of `RunInputs`.
    fileprivate func of(_ field: String) -> (isPermitted: Bool, hint: String) {
        switch field {
        case let field where field == "teacher" || field.hasPrefix(RunState.domainTeacher):
            (teacherChange, "--allow-teacher-change goes on with the new one")
        case "corpus", "domains", "evaluationCorpus": (corpusChange, "--allow-corpus-change goes on with the new one")
        default: (false, "The result would not be the one of an undisturbed run; start another --out")
        }
    }
}
