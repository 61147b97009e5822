import Tensors
import Testing

@Suite struct MovingAverageTests {
    static let paths = KernelPath.supported

    /// On every path and number of threads, over a length that no vector divides.
    @Test(arguments: paths, [1, 3])
    func agreesWithTheFormula(_ path: KernelPath, _ threads: Int) {
        var random = SeededRandom(41)
        let count = (1 << 16) + 77
        var expected = random.values(count)
        let average = TensorBuffer(expected)
        for _ in 0..<3 {
            let values = random.values(count)
            let buffer = TensorBuffer(values)
            withExtendedLifetime((buffer, average)) {
                updateMovingAverage(
                    average.values, of: UnsafeBufferPointer(buffer.values), decay: 0.9,
                    workers: WorkerPool(threads: threads, path: path))
            }
            for index in expected.indices { expected[index] += 0.1 * (values[index] - expected[index]) }
        }
        expectClose(average.doubles, expected, within: 1e-6)
    }

    @Test func aDecayOfOneLeavesItAndOneOfZeroIsTheValue() {
        let (values, average) = (TensorBuffer([1, 2, 3, 4, 5]), TensorBuffer([9, 8, 7, 6, 5]))
        let workers = WorkerPool(threads: 1)
        withExtendedLifetime((values, average)) {
            for (decay, expected) in [(1.0, [9.0, 8, 7, 6, 5]), (0, [1, 2, 3, 4, 5])] {
                updateMovingAverage(
                    average.values, of: UnsafeBufferPointer(values.values), decay: decay, workers: workers)
                #expect(average.doubles == expected)
            }
        }
    }
}
