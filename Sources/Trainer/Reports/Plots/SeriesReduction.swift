import Foundation

/// A series cut down to what a picture can show.
struct SeriesReduction {
    struct Point: Equatable {
        var x: Double
        var y: Double
        var low: Double
        var high: Double
    }

    /// Stretches without a gap.
    let runs: [[Point]]
    var points: [Point] { runs.flatMap { $0 } }

    /// Every `count / buckets` points in a row become one: the mean of x and y; low and high are those of the intervals, averaged, or
    /// without intervals the lowest and the highest y.
    init(_ points: [LineChart.Point], buckets: Int) {
        let size = max(1, (points.count + max(1, buckets) - 1) / max(1, buckets))
        var runs: [[Point]] = [[]]
        for start in stride(from: 0, to: points.count, by: size) {
            let bucket = points[start..<min(start + size, points.count)].filter { $0.x.isFinite && $0.y.isFinite }
            if let point = Self.mean(bucket) {
                runs[runs.count - 1].append(point)
            } else if !runs[runs.count - 1].isEmpty {
                runs.append([])
            }
        }
        self.runs = runs.filter { !$0.isEmpty }
    }

    /// The runs with the mean of all values so far in the place of each: one counts half as much for every half-life that it lies back.
    ///
    /// - Parameter halfLife: above 0, in units of x.
    func smoothed(halfLife: Double) -> [[Point]] {
        var (sum, weight) = (0.0, 0.0)
        var last: Double?
        return runs.map { run in
            run.map { point in
                let decay = last.map { pow(0.5, max(0, point.x - $0) / halfLife) } ?? 0
                (sum, weight) = (sum * decay + point.y, weight * decay + 1)
                last = point.x
                let mean = sum / weight
                return Point(x: point.x, y: mean, low: mean, high: mean)
            }
        }
    }

    private static func mean(_ bucket: [LineChart.Point]) -> Point? {
        guard let first = bucket.first else { return nil }
        let count = Double(bucket.count)
        let y = bucket.reduce(0) { $0 + $1.y } / count
        var point = Point(x: bucket.reduce(0) { $0 + $1.x } / count, y: y, low: y, high: y)
        if bucket.contains(where: { $0.interval != nil }) {
            point.low = bucket.reduce(0) { $0 + ($1.interval?.lowerBound ?? $1.y) } / count
            point.high = bucket.reduce(0) { $0 + ($1.interval?.upperBound ?? $1.y) } / count
        } else {
            point.low = bucket.reduce(first.y) { min($0, $1.y) }
            point.high = bucket.reduce(first.y) { max($0, $1.y) }
        }
        return point
    }
}
