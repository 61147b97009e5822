/// What TensorBoard shows of one step.
package struct EventSummary: Sendable {
    /// Values by tag. They are written as f32.
    package var scalars: [(tag: String, value: Double)]
    /// Histograms by tag.
    package var histograms: [(tag: String, histogram: EventHistogram)]

    package init(
        scalars: [(tag: String, value: Double)] = [], histograms: [(tag: String, histogram: EventHistogram)] = []
    ) {
        self.scalars = scalars
        self.histograms = histograms
    }
}

/// Counts of values in bins of equal width.
package struct EventHistogram: Sendable {
    /// Lower end of the first bin and upper end of the last.
    package var range: ClosedRange<Double>
    /// Number of values in each bin, from the lowest.
    package var counts: [Int]
    /// Sum of the values themselves, not of the bins' middles.
    package var sum: Double

    package init(range: ClosedRange<Double>, counts: [Int], sum: Double) {
        self.range = range
        self.counts = counts
        self.sum = sum
    }
}

/// The messages of TensorFlow's event.proto and summary.proto that are written here, by field number.
enum Event {
    static func fileVersion(at time: Double) -> [UInt8] {
        var event = ProtobufWriter()
        event.double(1, time)
        event.string(3, "brain.Event:2")
        return event.bytes
    }

    /// Tells TensorBoard to forget what earlier files of the directory say of `step` and later ones.
    static func sessionStart(at time: Double, step: Int) -> [UInt8] {
        var event = ProtobufWriter()
        event.double(1, time)
        event.integer(2, step)
        event.message(7) { $0.integer(1, 1) }
        return event.bytes
    }

    static func summary(_ summary: EventSummary, at time: Double, step: Int) -> [UInt8] {
        var event = ProtobufWriter()
        event.double(1, time)
        event.integer(2, step)
        event.message(5) { message in
            for (tag, value) in summary.scalars {
                message.message(1) { item in
                    item.string(1, tag)
                    item.float(2, Float(value))
                }
            }
            for (tag, histogram) in summary.histograms {
                message.message(1) { item in
                    item.string(1, tag)
                    item.message(5) { write(histogram, to: &$0) }
                }
            }
        }
        return event.bytes
    }

    /// HistogramProto. The sum of squares is that of the bins' middles.
    private static func write(_ histogram: EventHistogram, to message: inout ProtobufWriter) {
        let (low, high) = (histogram.range.lowerBound, histogram.range.upperBound)
        let width = (high - low) / Double(max(1, histogram.counts.count))
        let limits = histogram.counts.indices.map { low + Double($0 + 1) * width }
        let filled = histogram.counts.indices.filter { histogram.counts[$0] > 0 }
        let squares = filled.reduce(0.0) { sum, bin in
            let middle = limits[bin] - width / 2
            return sum + Double(histogram.counts[bin]) * middle * middle
        }
        message.double(1, filled.first.map { limits[$0] - width } ?? low)
        message.double(2, filled.last.map { limits[$0] } ?? high)
        message.double(3, Double(histogram.counts.reduce(0, +)))
        message.double(4, histogram.sum)
        message.double(5, squares)
        message.doubles(6, limits)
        message.doubles(7, histogram.counts.map(Double.init))
    }
}
