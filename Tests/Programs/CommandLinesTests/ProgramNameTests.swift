import CommandLines
import Testing

@Suite struct ProgramNameTests {
    @Test(
        arguments: [
            ("remit-server", ProgramName.server), ("/usr/bin/remit-trainer", .trainer), ("./remit-server", .server),
            ("remit", nil), ("/opt/remit-server/remit", nil), ("", nil),
        ] as [(String, ProgramName?)])
    func theExecutableWithBothIsTheOneItWasStartedAs(_ path: String, _ program: ProgramName?) {
        #expect(ProgramName(startedBy: path) == program)
    }

    @Test(
        arguments: [
            (ProgramName.server, "/bin/remit-trainer", ["/bin/remit-server"]),
            (.server, "remit-trainer", ["remit-server"]),
            (.server, "/opt/remit", ["/opt/remit", "remit-server"]),
            (.trainer, "/opt/remit", ["/opt/remit", "remit-trainer"]),
        ] as [(ProgramName, String, [String])])
    func theOtherProgramLiesBesideOrInTheSameExecutable(_ program: ProgramName, _ own: String, _ words: [String]) {
        let command = program.command(beside: own)
        #expect([command.path] + command.leadingArguments == words)
    }
}
