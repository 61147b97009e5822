import Testing
import Training

struct GradientClipTests {
    @Test(arguments: [(0.0, 100.0, 1.0), (2, 1, 1), (2, 2, 1), (2, 8, 0.25), (1e-3, 1, 1e-3)])
    func aNormOverTheLimitIsScaledToIt(_ limit: Double, _ norm: Double, _ expected: Double) {
        #expect(GradientClip(maxNorm: limit).scale(norm: norm) == expected)
    }

    @Test(arguments: [-1, .nan, .infinity] as [Double]) func aLimitThatIsNoneIsRefused(_ limit: Double) {
        #expect {
            try GradientClip(maxNorm: limit).validate()
        } throws: { error in
            guard case TrainingError.badOption("grad-clip", _, _) = error else { return false }
            return true
        }
    }
}
