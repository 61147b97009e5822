/// Straight lines through points, by least squares.
package enum LinearTrend {
    /// Slope of the line through the points, sum of (x - mean x)(y - mean y) over sum of (x - mean x) squared: how much y rises where x rises
    /// by 1.
    ///
    /// - Parameters:
    ///   - x: where each value was measured, at two different places or more.
    ///   - y: the values, as many.
    /// - Returns: nil where every x is the same, or there is none.
    package static func slope(x: [Double], y: [Double]) -> Double? {
        precondition(x.count == y.count, "expected as many places as values")
        let (meanX, meanY) = (Statistics.mean(x), Statistics.mean(y))
        let spread = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
        guard spread > 0 else { return nil }
        return zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / spread
    }
}
