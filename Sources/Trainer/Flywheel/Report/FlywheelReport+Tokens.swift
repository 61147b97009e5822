import Foundation
import Reports

extension FlywheelReport {
    /// Share of the baseline's tokens by which another method's must differ to be told.
    private static let sameTokens = 0.01

    /// A sentence on the methods that read more or fewer tokens of mid-training than the baseline.
    var tokens: String {
        let plain = mean(ofTokens: FlywheelMethod.baseline)
        guard plain > 0 else { return "" }
        let differing = others.compactMap { method -> String? in
            let own = mean(ofTokens: method)
            guard own > 0, abs(own / plain - 1) > Self.sameTokens else { return nil }
            return String(format: "\(method) %.0f (%+.1f %%)", own, 100 * (own / plain - 1))
        }
        let start = String(format: "Tokens of mid-training, mean over bases: \(FlywheelMethod.baseline) %.0f", plain)
        return start
            + (differing.isEmpty
                ? ", and every other method as many within 1 %."
                : "; of the others these differ by more than 1 %: \(differing.joined(separator: ", ")).")
    }

    /// Of a method that trains; 0 where none of its models did.
    private func mean(ofTokens method: String) -> Double {
        let own = results.curves.filter { $0.model.method == method }.compactMap(\.tokens)
        return own.isEmpty ? 0 : Statistics.mean(own.map(Double.init))
    }
}

extension LossCurve {
    /// Tokens of the whole mid-training; nil where nothing was asked on its way or at its end.
    var tokens: Int? { asked.last?.tokens ?? points.last?.tokens }
}
