import Annealing
import Checkpoints
import Corpora
import Foundation
import Tensors
import Testing
import TestSupport
import Training
import Transformers

struct MovingAverageTests {
    private func tiny() throws -> TinyRun {
        let run = try TinyRun(steps: 7)
        run.options.optimizer.emaDecay = 0.8
        run.saveEvery = 1
        run.keep = 10
        return run
    }

    /// average += (1 - decay) (student - average) after each update, from the student that the run begins with.
    @Test func itFollowsTheStudentOfEachUpdate() throws {
        let run = try tiny()
        let outcome = try run.run("run", teacher: ModelTeacher(seed: 9))
        let student = try TinyRun.student()
        var expected = student.copiedValues.map(Double.init)
        for step in 1...7 {
            let file = try GoldenFile(run.directory.file("run/checkpoints/step-0000000\(step).safetensors"))
            for parameter in student.parameters {
                let values = try file.floats("student." + parameter.name)
                for (place, value) in zip(parameter.range, values) {
                    expected[place] += 0.2 * (Double(value) - expected[place])
                }
                let kept = try file.floats("ema." + parameter.name)
                #expect(distance(kept, expected[parameter.range].map(Float.init)) < 1e-6, "\(parameter.name)")
            }
        }
        let average = try #require(outcome.movingAverage)
        #expect(distance(average, expected.map(Float.init)) < 1e-6)
        #expect(average != outcome.weights)
    }

    /// Nor does it change a bit of the run that it watches.
    @Test func itIsResumedExactly() throws {
        let run = try tiny()
        run.saveEvery = 2
        let whole = try run.run("whole", teacher: ModelTeacher(seed: 9))
        _ = try run.run("cut", teacher: ModelTeacher(seed: 9), threads: 2, stopAfter: 3)
        run.options.optimizer.emaDecay = 0.9
        #expect {
            try run.run("cut", teacher: ModelTeacher(seed: 9), resume: true)
        } throws: { "\($0)".contains("the option optimizer.emaDecay was 0.8 and is now 0.9") }
        run.options.optimizer.emaDecay = 0.8
        let resumed = try run.run("cut", teacher: ModelTeacher(seed: 9), threads: 3, resume: true)
        let (sameAverage, sameWeights) = (
            resumed.movingAverage == whole.movingAverage, resumed.weights == whole.weights
        )
        #expect(whole.movingAverage != nil && sameAverage && sameWeights)
        run.options.optimizer.emaDecay = nil
        let without = try run.run("without", teacher: ModelTeacher(seed: 9))
        let (hasNone, isSame) = (without.movingAverage == nil, without.weights == whole.weights)
        #expect(hasNone && isSame)
    }

    /// In `ema` beside the student; the lineage says which of the two a directory holds.
    @Test func itIsWrittenBesideTheStudent() throws {
        let run = try tiny()
        let (text, out) = (run.directory.file("text"), run.directory.file("out"))
        for path in [text, out] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        let student = try TinyRun.student()
        let optimizer = AdamW(run.options.optimizer, for: student, workers: WorkerPool(threads: 1))
        for index in student.gradients.indices { student.gradients[index] = Float(index % 5) - 2 }
        optimizer.update(student, learningRate: 0.1, gradientScale: 1)
        try StudentExport(text: TextFiles(directory: text), elementType: .f32)
            .write(student, optimizer, to: out) { ["ema": $0] }
        for (path, isAverage) in [(out, false), (out + "/ema", true)] {
            let written = try Checkpoint(model: path)
            for parameter in student.parameters {
                var values = [Float](repeating: 0, count: parameter.range.count)
                try values.withUnsafeMutableBufferPointer {
                    try written.read(parameter.name, shape: parameter.shape, into: $0)
                }
                let expected = withExtendedLifetime((student, optimizer)) {
                    (isAverage ? optimizer.movingAverage?.values : student.values).map { Array($0[parameter.range]) }
                }
                #expect(values == expected, "\(parameter.name)")
            }
            let lineage = try JSONDecoder().decode(
                [String: Bool].self, from: try #require(FileManager.default.contents(atPath: path + "/remit.json")))
            #expect(lineage == ["ema": isAverage])
        }
    }
}
