// Written by scripts/goldens/weights_safetensors.py (the safetensors library). Do not edit.

enum SafetensorsGolden {
    static let base64 = """
        GAIAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCIsIm5vdGUiOiJtYWRlIGJ5IFB5dGhvbiJ9LCJpZHMiOnsiZHR5\
        cGUiOiJJNjQiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOlswLDE2XX0sInNjYWxhciI6eyJkdHlwZSI6IkY2NCIsInNoYXBl\
        IjpbXSwiZGF0YV9vZmZzZXRzIjpbMTYsMjRdfSwiZW1wdHkiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzAsM10sImRhdGFfb2Zm\
        c2V0cyI6WzI0LDI0XX0sImxheWVyLndlaWdodCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwzXSwiZGF0YV9vZmZzZXRzIjpb\
        MjQsNDhdfSwiYnJhaW4iOnsiZHR5cGUiOiJCRjE2Iiwic2hhcGUiOls0XSwiZGF0YV9vZmZzZXRzIjpbNDgsNTZdfSwiaGFsZiI6\
        eyJkdHlwZSI6IkYxNiIsInNoYXBlIjpbM10sImRhdGFfb2Zmc2V0cyI6WzU2LDYyXX0sImJ5dGVzIjp7ImR0eXBlIjoiVTgiLCJz\
        aGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOls2Miw2NF19LCJtYXNrIjp7ImR0eXBlIjoiQk9PTCIsInNoYXBlIjpbM10sImRhdGFf\
        b2Zmc2V0cyI6WzY0LDY3XX19IP//////////AAAAAAAAAEAAAAAAAADgPwAAwD/NzMy95rFhfwEAAAAAAACAAADgQIA/ScBKcQCA\
        AD4BgP97AP8BAAE=
        """
}
