import ScoringAPI

extension EngineInfo {
    /// What computes a teacher elsewhere and how far that is known; nil where the server itself does.
    var finding: (Findings.Grade, String)? {
        guard kind != Self.local else { return nil }
        let name = [kind, version, label].compactMap(\.self).joined(separator: " ")
        let known =
            switch weights {
            case "declared": "its weights are what the operator declares: \(declaredWeights ?? "")"
            case "checksum": "its weights are known by its own checksum"
            default: "its weights are known by their bytes"
            }
        let noise = noiseNats.map { ", up to \($0) nats apart under load" } ?? ""
        let bits = isBitReproducible ? "the same bits alone and under load" : "other bits under load than alone\(noise)"
        return (.fine, "the teacher is computed by \(name); \(known); its canaries had \(bits)")
    }
}
