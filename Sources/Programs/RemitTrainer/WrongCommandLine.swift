import ArgumentParser
import HTTPClient
import Tasks
import TokenWeights
import Training

extension RemitTrainer {
    /// An error of the libraries that a value on the command line has caused, as the parser's own: its status is 64.
    ///
    /// - Returns: nil for any other error.
    static func wrongCommandLine(_ error: any Error) -> (any Error)? {
        switch error {
        case TrainingError.badOption, HTTPClientError.badServer, TokenWeightError.unknownWeighting, is TaskError:
            ValidationError("\(error)")
        default: nil
        }
    }
}
