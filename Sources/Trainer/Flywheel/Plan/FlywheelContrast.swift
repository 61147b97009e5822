/// A comparison of two methods that a plan names before anything runs.
package struct FlywheelContrast: Sendable, Equatable, Codable {
    /// Most contrasts of a plan: with more, Holm's correction leaves little of each.
    package static let most = 6

    /// What is compared. The raw value is its name in plans and reports.
    package enum Measure: String, Sendable, Codable {
        /// Mean accuracy over families after mid-training.
        case accuracy = "accuracy after mid-training"
        /// Mean accuracy over families after mid-training and the same post-training.
        case postTrainedAccuracy = "accuracy after the same post-training"
        /// Nats of the right completion given its prompt, after mid-training, mean over families.
        case goldNats = "nats of the gold answer after mid-training"

        /// Which models it is measured on.
        package var phase: FlywheelModel.Phase {
            switch self {
            case .accuracy, .goldNats: .mid
            case .postTrainedAccuracy: .reinforced
            }
        }

        /// Whether more of it is better.
        package var higherIsBetter: Bool { self != .goldNats }
    }

    /// What is compared.
    package var measure: Measure
    /// Name of the method.
    package var method: String
    /// Name of the method whose value is subtracted.
    package var other: String

    package init(_ measure: Measure, _ method: String, against other: String) {
        self.measure = measure
        self.method = method
        self.other = other
    }
}
