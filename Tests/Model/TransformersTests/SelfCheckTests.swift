import Tensors
import TestSupport
import Testing
import Transformers

/// The check that an engine makes of its kernels before it serves.
@Suite struct SelfCheckTests {
    @Test(arguments: Golden.names, Precision.allCases)
    func everyModelPasses(_ name: String, _ precision: Precision) async throws {
        let golden = try Golden(name)
        for path in KernelPath.supported {
            let (report, kernels) = try await onThread {
                let model = try FrozenTransformer(
                    checkpoint: golden.checkpoint, precision: precision, workers: WorkerPool(threads: 2, path: path))
                return (try model.checkRows(), model.kernelPath)
            }
            #expect(report.kernelPath == kernels)
            #expect(report.weightShapes > 3 && report.rowsCompared > 96 * report.weightShapes)
        }
    }

    /// Sums whose order is another one at one place of large blocks, or in blocks of one height.
    @Test(arguments: [(blockRows: 96, place: 0), (96, 41), (96, 95), (5, 3)])
    func aRowThatDependsOnItsPlaceIsFound(_ bad: (blockRows: Int, place: Int)) {
        let inputs = 64
        let check = RowInvarianceCheck(inputs: inputs, outputs: 1, blockRows: 96) { rows, results in
            for row in 0..<rows.rows {
                let values = (0..<inputs).map { rows.row(row)[$0] }
                let isOther = rows.rows == bad.blockRows && row == bad.place
                results.row(row)[0] = (isOther ? values.reversed() : values).reduce(0, +)
            }
        }
        let expected = [(bad.blockRows, bad.place)]
        #expect(check.firstDifference().map { [($0.blockRows, $0.place)] }?.elementsEqual(expected, by: ==) == true)
    }

    @Test func theRefusalSaysWhatAndWhere() {
        let error = TransformerError.rowsDependOnTheirPlace(
            matrix: "[576, 1536]", kernelPath: "avx512f", blockRows: 96, place: 41)
        for part in ["[576, 1536]", "avx512f", "96", "41"] { #expect(error.description.contains(part)) }
    }
}
