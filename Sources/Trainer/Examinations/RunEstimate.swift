import Formats
import Foundation

/// How long a run takes and what disk it fills, from what a sample took. Pure but for the look at the disk.
package struct RunEstimate {
    /// Parameters of the student.
    package var parameters: Int
    /// Of the whole corpus; nil where it is not known.
    package var tokens: Int?
    /// Of an epoch of the mix, or of all its phases: what is gone through, where that is not the whole corpus once. nil:
    /// it is.
    package var epochTokens: Int?
    /// Tokens of a document, on average.
    package var documentTokens: Double
    /// Tokens a second of the training.
    package var trainingSpeed: Double
    /// Tokens a second of the teacher; nil where it does not wait.
    package var teacherSpeed: Double?
    /// Tokens of a window.
    package var sequenceLength: Int
    /// The share of a window that documents fill.
    package var fill: Double
    /// Windows of a step.
    package var batchSequences: Int
    /// Steps of the run; nil where they follow from the corpus.
    package var steps: Int?
    /// Passes over the corpus.
    package var epochs: Int
    /// Steps between checkpoints, and between exports; 0: none before the end.
    package var saveEvery: Int
    /// Checkpoints that are kept.
    package var keepCheckpoints: Int
    /// Of one parameter in the result and in exports.
    package var parameterBytes: Double
    /// Steps between exports; 0: none.
    package var exportEvery: Int
    /// Held-out losses; nil: the run has none.
    package var evaluations: Evaluations?
    /// Whether a moving average of the parameters is kept, and written beside each student.
    package var hasMovingAverage: Bool
    /// Whether the student with the lowest held-out loss is kept.
    package var keepsBest: Bool

    /// Held-out losses on the way: at the start, every so many steps, at the end.
    package struct Evaluations: Sendable, Equatable {
        /// Steps between two; 0: at the start and the end alone.
        package var everySteps: Int
        /// Tokens of one; nil where they are not known.
        package var tokens: Int?
        /// Tokens a second of a forward pass.
        package var speed: Double

        package init(everySteps: Int, tokens: Int?, speed: Double) {
            self.everySteps = everySteps
            self.tokens = tokens
            self.speed = speed
        }

        /// Losses of a run of so many steps.
        package func count(steps: Int) -> Int {
            guard everySteps > 0 else { return 2 }
            return 1 + steps / everySteps + (steps % everySteps == 0 ? 0 : 1)
        }
    }

    package init(
        parameters: Int, tokens: Int?, epochTokens: Int? = nil, documentTokens: Double, trainingSpeed: Double,
        teacherSpeed: Double?,
        sequenceLength: Int, fill: Double, batchSequences: Int, steps: Int?, epochs: Int, saveEvery: Int,
        keepCheckpoints: Int, parameterBytes: Double, exportEvery: Int, evaluations: Evaluations? = nil,
        hasMovingAverage: Bool = false, keepsBest: Bool = false
    ) {
        self.hasMovingAverage = hasMovingAverage
        self.keepsBest = keepsBest
        self.evaluations = evaluations
        self.parameters = parameters
        self.tokens = tokens
        self.epochTokens = epochTokens
        self.documentTokens = documentTokens
        self.trainingSpeed = trainingSpeed
        self.teacherSpeed = teacherSpeed
        self.sequenceLength = sequenceLength
        self.fill = fill
        self.batchSequences = batchSequences
        self.steps = steps
        self.epochs = epochs
        self.saveEvery = saveEvery
        self.keepCheckpoints = keepCheckpoints
        self.parameterBytes = parameterBytes
        self.exportEvery = exportEvery
    }

    /// Of a parameter, in f32, with both moments and the moving average.
    private var checkpointBytes: Double { hasMovingAverage ? 16 : 12 }

    /// Steps of the run; nil where neither --steps nor the corpus's size is known.
    package var totalSteps: Int? {
        if let steps { return steps }
        guard let tokens = epochTokens ?? tokens else { return nil }
        let perStep = Double(batchSequences) * Double(sequenceLength) * fill
        return max(1, Int(exactly: (Double(tokens) * Double(epochs) / perStep).rounded(.up)) ?? .max)
    }

    /// Of steps and held-out losses. The slower of student and teacher decides: the teacher works ahead.
    package func seconds(steps: Int) -> Double {
        let work = Double(steps) * Double(batchSequences) * Double(sequenceLength) * fill
        let heldOut = evaluations.map { Double($0.count(steps: steps)) * Double($0.tokens ?? 0) / $0.speed } ?? 0
        return work / min(trainingSpeed, teacherSpeed ?? .infinity) + heldOut
    }

    /// What the time is for, beside the steps; empty without held-out losses.
    private func evaluationsLine(steps: Int) -> String {
        guard let evaluations else { return "" }
        let of =
            evaluations.tokens.map { "of \(Format.count(Double($0))) tokens" }
            ?? "of a size that is not known, left out here"
        return " and \(evaluations.count(steps: steps)) held-out losses \(of)"
    }

    /// Most checkpoints at a time: those kept and the one being written.
    private var checkpoints: Double {
        let saves = saveEvery == 0 ? 1 : totalSteps.map { ($0 - 1) / saveEvery + 1 }
        return min(saves.map { Double($0) } ?? .infinity, Double(keepCheckpoints) + 1)
    }

    /// Bytes of what the run leaves and of its checkpoints. Where the number of steps is not known, without exports.
    package var diskBytes: Double {
        let corpus = tokens.map { Double($0) * (4 + 32 / max(1, documentTokens)) } ?? 0
        // None comes after the last step, whose student is the result.
        let exports = exportEvery == 0 ? 0 : max(0, (totalSteps ?? 0) - 1) / exportEvery
        let students = (1 + Double(exports) + (keepsBest ? 1 : 0)) * (hasMovingAverage ? 2 : 1)
        return Double(parameters) * (checkpointBytes * checkpoints + parameterBytes * students) + corpus
    }

    /// Adds what the run takes to the findings.
    package func report(out: String, _ findings: inout Findings) {
        if let steps = totalSteps {
            let slower = (teacherSpeed ?? .infinity) < trainingSpeed
            findings.add(
                slower ? .doubtful : .fine, "time",
                "about \(Format.time(seconds(steps: steps))) for \(steps) steps of \(batchSequences) windows"
                    + evaluationsLine(steps: steps)
                    + (slower
                        ? ": the teacher, at \(Format.count(teacherSpeed ?? 0)) tokens/s, is slower than the training; score the "
                            + "corpus first (remit-server score), or add a --server and --spread" : ""))
        } else {
            findings.add(.doubtful, "time", "not known: the corpus is compressed; give --steps")
        }
        let needed = Format.count(diskBytes) + "B"
        guard let free = Self.freeBytes(out) else {
            findings.add(.doubtful, "disk", "about \(needed) needed; the free space at \(out) cannot be told")
            return
        }
        findings.add(
            Double(free) > diskBytes ? .fine : .wrong, "disk",
            "about \(needed) needed in \(out), \(Format.count(Double(free)))B free")
    }

    /// Of the file system that holds `path`, or will once it is made.
    private static func freeBytes(_ path: String) -> Int? {
        var url = URL(fileURLWithPath: path).standardizedFileURL
        while !FileManager.default.fileExists(atPath: url.path), url.path != "/" { url.deleteLastPathComponent() }
        var status = statvfs()
        return statvfs(url.path, &status) == 0 ? Int(status.f_bavail) * Int(status.f_frsize) : nil
    }
}
