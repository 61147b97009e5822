import JSONValues

/// The weighting a request asks for and an answer repeats. Names and ranges are checked by what computes them.
package struct WeightingChoice: Equatable, Sendable {
    package var weighting: String
    package var epsilon: Double
    package var centering: String
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

    /// True where the field was one of these; its value is consumed then.
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

    /// As strings, for `__metadata__`.
    package var members: [(String, String)] {
        [("weighting", weighting), ("epsilon", epsilon.description), ("centering", centering)]
            + (weighting == "rho1" ? [("keep_fraction", keepFraction.description)] : [])
    }
}
