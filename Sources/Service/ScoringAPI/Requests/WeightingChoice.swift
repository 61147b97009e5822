import JSONValues

/// The weighting a request asks for and an answer repeats. Names and ranges are checked by what computes them.
package struct WeightingChoice: Equatable, Sendable {
    /// Name of a weighting that the server knows, such as "remit" or "ntp".
    package var weighting: String
    /// Half-width of the clip, 0...1: weights lie within 1 - epsilon ... 1 + epsilon.
    package var epsilon: Double
    /// Scope of the mean log-prob difference: "sequence" or "document".
    package var centering: String
    /// Share of the scored positions that rho1 keeps, above 0 and up to 1. Sent and repeated for rho1 only.
    package var keepFraction: Double

    package init(
        weighting: String = "remit", epsilon: Double = 0.2, centering: String = "sequence", keepFraction: Double = 0.6
    ) {
        self.weighting = weighting
        self.epsilon = epsilon
        self.centering = centering
        self.keepFraction = keepFraction
    }

    static let fields = ["weighting", "epsilon", "centering", "keep_fraction"]

    /// Reads the value of a member that is an option. False where the member is none; then nothing is consumed.
    mutating func take(_ key: String, _ reader: inout JSONReader) throws -> Bool {
        switch key {
        case "weighting": weighting = try reader.string()
        case "epsilon": epsilon = try reader.double()
        case "centering": centering = try reader.string()
        case "keep_fraction": keepFraction = try reader.double()
        default: return false
        }
        return true
    }

    func write(to writer: inout JSONWriter) {
        writer.field("weighting", weighting)
        writer.field("epsilon", epsilon)
        writer.field("centering", centering)
        if weighting == "rho1" { writer.field("keep_fraction", keepFraction) }
    }

    /// Names and values as strings, for `__metadata__`; `keep_fraction` for rho1 only.
    package var members: [(String, String)] {
        [("weighting", weighting), ("epsilon", epsilon.description), ("centering", centering)]
            + (weighting == "rho1" ? [("keep_fraction", keepFraction.description)] : [])
    }
}
