/// How one of our programs is started.
package struct FlywheelProgram: Sendable, Equatable {
    /// Path of an executable file.
    package let path: String
    /// Arguments that go before all others: where one executable holds several programs, which of them is meant.
    package let leadingArguments: [String]

    package init(path: String, leadingArguments: [String] = []) {
        self.path = path
        self.leadingArguments = leadingArguments
    }
}
