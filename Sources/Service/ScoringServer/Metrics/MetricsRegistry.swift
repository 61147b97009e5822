import System

/// A few counters, gauges and histograms in Prometheus text format 0.0.4. Passed to whoever counts; label values come from
/// fixed tables, never from a client, so the number of series is bounded.
package final class MetricsRegistry: Sendable {
    private let metrics = Locked<[any Metric]>([])

    package init() {}

    /// Adds a counter, and returns it for whoever counts. A name that is taken is the caller's mistake: it traps.
    package func counter(_ name: String, _ help: String, labels: [String] = []) -> Counter {
        add(Counter(name: name, help: help, labelNames: labels))
    }

    /// Adds a histogram, and returns it for whoever observes. A name that is taken is the caller's mistake: it traps.
    ///
    /// - Parameter buckets: upper bounds, ascending; one for what is larger than all of them is added.
    package func histogram(_ name: String, _ help: String, labels: [String] = [], buckets: [Double]) -> Histogram {
        add(Histogram(name: name, help: help, labelNames: labels, buckets: buckets))
    }

    /// Adds a gauge. `read` is called for each scrape; it must not block. `kind` is `gauge`, or `counter` for a total kept elsewhere.
    package func gauge(
        _ name: String, _ help: String, labels: [String] = [], kind: String = "gauge",
        read: @escaping @Sendable () -> [(labels: [String], value: Double)]
    ) {
        _ = add(Gauge(name: name, help: help, kind: kind, labelNames: labels, read: read))
    }

    /// Everything in Prometheus text format 0.0.4. A metric without a series yet is named all the same.
    package func text() -> String {
        metrics.withLock { $0 }.map { metric in
            let lines = ["# HELP \(metric.name) \(metric.help)", "# TYPE \(metric.name) \(metric.kind)"]
            return (lines + metric.lines()).joined(separator: "\n") + "\n"
        }.joined()
    }

    /// Every name that a scrape may show, with the suffixes that histograms have: for checking dashboards and alerts.
    package var seriesNames: Set<String> {
        metrics.withLock { metrics in
            Set(
                metrics.flatMap { metric in
                    metric.kind == "histogram"
                        ? ["_bucket", "_sum", "_count"].map { metric.name + $0 } : [metric.name]
                })
        }
    }

    private func add<M: Metric>(_ metric: M) -> M {
        metrics.withLock { metrics in
            precondition(!metrics.contains { $0.name == metric.name }, "two metrics named \(metric.name)")
            metrics.append(metric)
        }
        return metric
    }
}

private protocol Metric: Sendable {
    var name: String { get }
    var help: String { get }
    var kind: String { get }
    var labelNames: [String] { get }
    func lines() -> [String]
}

extension Metric {
    fileprivate func line(
        _ labels: [String], _ value: Double, suffix: String = "", extra: String = ""
    ) -> String {
        var pairs = zip(labelNames, labels).map { "\($0)=\"\(Self.escaped($1))\"" }
        if !extra.isEmpty { pairs.append(extra) }
        let list = pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
        return "\(name)\(suffix)\(list) \(Self.number(value))"
    }

    fileprivate static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
    }

    private static func escaped(_ label: String) -> String {
        label.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}

/// A number that only goes up, one for each combination of label values, which are given in the order of the label names.
package final class Counter: Metric {
    let name: String
    let help: String
    let labelNames: [String]
    private let values: Locked<[[String]: Double]>

    fileprivate init(name: String, help: String, labelNames: [String]) {
        self.name = name
        self.help = help
        self.labelNames = labelNames
        // Without labels the series is there from the start, at 0.
        values = Locked(labelNames.isEmpty ? [[]: 0] : [:])
    }

    var kind: String { "counter" }

    /// Adds `amount`, which should not be negative, to the series of these label values; their number must be that of the names.
    package func increment(by amount: Double = 1, _ labels: String...) {
        precondition(labels.count == labelNames.count, "\(name) has labels \(labelNames)")
        values.withLock { $0[labels, default: 0] += amount }
    }

    func lines() -> [String] {
        values.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { line($0.key, $0.value) }
    }
}

/// Counts of observations at or below each bound, their sum and number.
package final class Histogram: Metric {
    private struct Series {
        var counts: [Int]
        var sum = 0.0
    }

    /// Bounds in seconds for answering requests, from a cached answer to a long queue.
    package static let durationBuckets = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300,
    ]

    /// Bounds in seconds for tokenizing texts, from one sentence to a book.
    package static let shortDurationBuckets = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10]

    let name: String
    let help: String
    let labelNames: [String]
    private let buckets: [Double]
    private let series = Locked<[[String]: Series]>([:])

    fileprivate init(name: String, help: String, labelNames: [String], buckets: [Double]) {
        self.name = name
        self.help = help
        self.labelNames = labelNames
        self.buckets = buckets
        if labelNames.isEmpty { series.withLock { $0[[]] = emptySeries } }
    }

    private var emptySeries: Series { Series(counts: [Int](repeating: 0, count: buckets.count + 1)) }

    var kind: String { "histogram" }

    /// Counts `value` in the first bucket whose bound is not below it. The number of labels must be that of the names.
    package func observe(_ value: Double, _ labels: String...) {
        precondition(labels.count == labelNames.count, "\(name) has labels \(labelNames)")
        let bucket = buckets.firstIndex { value <= $0 } ?? buckets.count
        series.withLock { series in
            series[labels, default: emptySeries].counts[bucket] += 1
            series[labels]?.sum += value
        }
    }

    func lines() -> [String] {
        series.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }.flatMap { labels, series in
            var total = 0
            var lines = zip(buckets, series.counts).map { bound, count in
                total += count
                return line(labels, Double(total), suffix: "_bucket", extra: "le=\"\(Self.number(bound))\"")
            }
            total += series.counts.last ?? 0
            lines.append(line(labels, Double(total), suffix: "_bucket", extra: "le=\"+Inf\""))
            lines.append(line(labels, series.sum, suffix: "_sum"))
            lines.append(line(labels, Double(total), suffix: "_count"))
            return lines
        }
    }
}

private final class Gauge: Metric {
    let name: String
    let help: String
    let kind: String
    let labelNames: [String]
    private let read: @Sendable () -> [(labels: [String], value: Double)]

    init(
        name: String, help: String, kind: String, labelNames: [String],
        read: @escaping @Sendable () -> [(labels: [String], value: Double)]
    ) {
        self.name = name
        self.help = help
        self.kind = kind
        self.labelNames = labelNames
        self.read = read
    }

    func lines() -> [String] { read().map { line($0.labels, $0.value) } }
}
