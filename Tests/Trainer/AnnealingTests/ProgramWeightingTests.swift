import Annealing
import Foundation
import Sequences
import System
import TestSupport
import Testing
import TokenWeights
import Training

/// Token weights from a program; the programs are Python of the standard library.
@Suite struct ProgramWeightingTests {
    /// Weights max(0, teacher - student) + 1, and of the student alone its loss.
    private static let rule = """
        from json import dumps, loads
        from sys import stdin
        for line in stdin:
            rows = []
            for s in loads(line)["sequences"]:
                teacher = s.get("teacher_logprobs")
                rows.append([None if not scored else
                             -student if teacher is None else max(0.0, t - student) + 1.0
                             for student, t, scored in zip(s["student_logprobs"], teacher or s["student_logprobs"], s["scored"])])
            print(dumps({"note": "ours", "weights": rows}), flush=True)
        """

    private func weighting(
        _ command: String, teacher: ProgramWeighting.Teacher = .servers, timeout: Duration = .seconds(60)
    ) -> ProgramWeighting {
        _ = signal(SIGPIPE, SIG_IGN)
        var options = Weighting(ProgramWeighting.name)
        options.program = command
        return ProgramWeighting(options, teacher: teacher, timeout: timeout)
    }

    private func python(_ text: String, _ body: (String) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("w.py", Array(text.utf8))
        try body("python3 '\(path)'")
    }

    private let sequences: [LogProbSequence]

    init() throws {
        let nan = Float.nan
        sequences = [
            try LogProbSequence(
                teacher: [nan, -1.5, -0.25, nan, -3], student: [nan, -2, -0.5, nan, -1],
                scored: [false, true, true, false, true], documentStarts: [0, 3]),
            try LogProbSequence(
                teacher: [nan, -0.1], student: [nan, -0.30000001], scored: [false, true], documentStarts: [0]),
        ]
    }

    @Test func weighsAsTheProgramSays() async throws {
        try await onThread {
            try python(Self.rule) { command in
                let weighting = weighting(command)
                try weighting.check()
                let weights = try weighting.weights(together: sequences)
                // Decimals carry every bit: the last one is that of f32 numbers, subtracted in f64.
                let last = Float(Double(Float(-0.1)) - Double(Float(-0.30000001)) + 1)
                #expect(weights.map(\.weights) == [[0, 1.5, 1.25, 0, 1], [0, last]])
                #expect(weights[0].scoredTokens == 3 && weights[0].keptTokens == 3 && weights[0].meanWeight == 1.25)
                #expect(try weighting.weights(sequences[1]) == weights[1])
            }
        }
    }

    @Test func aProgramNeedsNoTeacher() async throws {
        try await onThread {
            try python(Self.rule) { command in
                let weighting = weighting(command, teacher: .none)
                #expect(!weighting.needsTeacher && weighting.studentSource == .current)
                let alone = try LogProbSequence(
                    teacher: [], student: sequences[0].student, scored: sequences[0].scored, documentStarts: [0, 3])
                #expect(try weighting.weights(alone).weights == [0, 2, 0.5, 0, 1])
            }
        }
    }

    /// The entropy itself is the weight, in every bit of it; where there is none, nothing is scored.
    @Test func aProgramSaysThatItNeedsEntropies() async throws {
        let rule = """
            from json import dumps, loads
            from sys import stdin
            for line in stdin:
                asked = loads(line)["sequences"]
                print(dumps({"weights": [s["teacher_entropy"] for s in asked], "needs": ["teacher_entropy"]}), flush=True)
            """
        try await onThread {
            try python(rule) { command in
                let weighting = weighting(command)
                #expect(!weighting.needsEntropies)
                try weighting.check()
                #expect(weighting.needsEntropies)
                var sequence = sequences[0]
                sequence.teacherEntropies = [.nan, 0.1, 2.3025851, .nan, 0]
                #expect(try weighting.weights(sequence).weights == [0, 0.1, 2.3025851, 0, 0])
                for (teacher, reason) in [
                    (.files, "needs teacher_entropy, which files of log-probs do not hold"),
                    (.none, "needs teacher_entropy, and the run has no teacher"),
                ] as [(ProgramWeighting.Teacher, String)] {
                    let without = self.weighting(command, teacher: teacher)
                    let error = #expect(throws: WeightingProgramError.self) { try without.check() }
                    #expect(error?.reason.hasPrefix(reason) == true, "\(String(describing: error))")
                    #expect(!without.needsEntropies)
                }
            }
            let unknown = #expect(throws: WeightingProgramError.self) {
                try weighting(#"while read -r line; do echo '{"weights": [], "needs": ["gradients"]}'; done"#).check()
            }
            #expect(unknown?.reason == "needs \"gradients\", and what can be had is teacher_entropy")
        }
    }

    @Test(arguments: [
        (#"{"weights": []}"#, "gave weights of 0 sequences, was asked about 2"),
        (#"{"weights": [[0, 1, 1, 0, 1], [0]]}"#, "gave sequence 1 1 weights, it has 2 tokens"),
        (
            #"{"weights": [[0, 1, 1, 0, null], [0, 1]]}"#,
            "gave token 4 of sequence 0 the weight null, expected a number"
        ),
        (#"{"weights": [[0, 1, -0.5, 0, 1], [0, 1]]}"#, "gave token 2 of sequence 0 the weight -0.5"),
        (#"{"weights": [[0, 1, 1, 0, 1], [0, 2e6]]}"#, "gave token 1 of sequence 1 the weight 2000000.0"),
        (#"{"weights": 1}"#, "answered \"{"), (#"{"scores": []}"#, "answered \"{"), ("1 2 3", "answered \"1 2 3\""),
    ])
    func whatIsNoAnswerIsRefused(_ answer: String, _ message: String) async throws {
        try await onThread {
            let command = "while read -r line; do echo '\(answer)'; done"
            let error = #expect(throws: WeightingProgramError.self) {
                try weighting(command).weights(together: sequences)
            }
            #expect(error?.command == command)
            #expect(error?.reason.hasPrefix(message) == true, "\(String(describing: error))")
        }
    }

    @Test func aProgramThatFailsEndsTheRun() async throws {
        try await onThread {
            for (command, reason) in [
                ("exit 3", "ended with status 3"), ("/nowhere/w 2>/dev/null", "ended with status 127"),
                ("while read -r line; do printf '{\"weights\": []}\\n{}\\n'; done", "said more than it was asked for"),
            ] {
                let weighting = weighting(command)
                let error = #expect(throws: WeightingProgramError.self) {
                    try weighting.check()
                    try weighting.check()
                }
                #expect(error?.reason == reason)
            }
            let error = #expect(throws: WeightingProgramError.self) {
                try weighting("sleep 100", timeout: .milliseconds(200)).check()
            }
            #expect(error?.reason == "gave no weights within its time (--weighting-timeout)")
            let endless = #expect(throws: WeightingProgramError.self) {
                try weighting("read x; yes | tr -d '\\n'").check()
            }
            #expect(endless?.reason == "gave an answer of over 4096 bytes")
            let stop = StopFlag()
            stop.request()
            var options = Weighting(ProgramWeighting.name)
            options.program = "sleep 100"
            let stopped = ProgramWeighting(options, teacher: .servers, stop: stop)
            #expect(throws: TrainingError.interrupted) { try stopped.check() }
        }
    }
}
