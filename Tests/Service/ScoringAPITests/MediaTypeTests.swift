import ScoringAPI
import Testing

@Suite struct MediaTypeTests {
    @Test func contentTypeIsReadWithoutCaseAndParameters() {
        #expect(MediaType.json.isNamed(by: "application/json"))
        #expect(MediaType.json.isNamed(by: " Application/JSON ; charset=utf-8"))
        #expect(MediaType.metrics.isNamed(by: "text/plain"))
        for other in ["application/x-www-form-urlencoded", "application/vnd.safetensors", ""] {
            #expect(!MediaType.json.isNamed(by: other))
        }
    }
}
