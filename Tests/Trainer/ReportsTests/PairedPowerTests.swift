import Reports
import Testing

struct PairedPowerTests {
    /// By scipy's distribution of the t that is not central: nct.sf(c, n - 1, d sqrt(n)) + nct.cdf(-c, n - 1, d sqrt(n)).
    @Test(arguments: [
        (0.5, 12, 0.05, 0.3528241493273389), (0.5, 48, 0.05, 0.9240033661019486),
        (0.4, 48, 0.05 / 6, 0.5121724313095432), (1.0, 6, 0.05, 0.5068419799585823),
        (2.0, 3, 0.05, 0.47074943127843494), (0.3, 100, 0.01, 0.6457392841863417),
    ])
    func powerIsThatOfTheNoncentralT(_ effect: Double, _ bases: Int, _ significance: Double, _ expected: Double) {
        let power = PairedPower.power(effect: effect, bases: bases, significance: significance)
        #expect(abs(power - expected) < 1e-6, "\(power)")
    }

    /// Without an effect the test rejects as often as it may.
    @Test(arguments: [2, 3, 6, 48], [0.05, 0.01]) func nothingIsFoundByChanceAlone(_ bases: Int, _ significance: Double)
    {
        let power = PairedPower.power(effect: 0, bases: bases, significance: significance)
        #expect(abs(power - significance) < 1e-4, "\(power)")
    }

    @Test(arguments: [
        (0.8, 48, 0.05, 0.4128740035583678), (0.8, 48, 0.05 / 6, 0.5217192467516839),
        (0.8, 12, 0.05, 0.8886542652934869), (0.9, 20, 0.05, 0.7644579021777315),
    ])
    func theEffectThatIsFoundIsThatOfThePower(
        _ power: Double, _ bases: Int, _ significance: Double, _ expected: Double
    ) {
        let effect = PairedPower.detectableEffect(power: power, bases: bases, significance: significance)
        #expect(abs(effect - expected) < 1e-5, "\(effect)")
    }
}
